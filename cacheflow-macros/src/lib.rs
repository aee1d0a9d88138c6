//! cacheflow-macros

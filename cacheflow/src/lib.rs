//! cacheflow

//! cacheflow-testkit

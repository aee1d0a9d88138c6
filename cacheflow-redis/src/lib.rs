//! cacheflow-redis

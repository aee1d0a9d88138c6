//! Bytes that can be trusted: codecs, schemas, limits, compression, sealing.

#![cfg(all(
    feature = "msgpack",
    feature = "json",
    feature = "bincode",
    feature = "postcard",
    feature = "zstd",
    feature = "seal"
))]

mod agreement;
mod codecs;
mod compression;
mod corpus;
mod dictionaries;
mod fixtures;
mod limits;
mod matrix;
mod nesting;
mod sealing;
mod world;

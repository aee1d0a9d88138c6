//! A load that goes on without its call has copies of what it was lent.

#![deny(warnings)]

use cacheflow::{CacheKey, cached};
use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;

#[derive(Clone)]
struct Pool {
    name: String,
}

/// Is not `Clone`, and need not be where the body does not use it.
struct Config {
    org: u64,
}

#[cached(strategy = refresh_ahead(0.8), skip(pool))]
async fn borrowed<'a>(pool: &Pool, name: &str, other: &'a str, ids: &[u64], id: &u64) -> String {
    std::future::ready(()).await;
    format!("{}{name}{other}{ids:?}{id}", pool.name)
}

#[cached(strategy = refresh_ahead(0.8), skip(pool, path))]
async fn owned(pool: Arc<Pool>, mut name: String, path: &Path, fixed: &'static str) -> String {
    name.push_str(fixed);
    format!("{}{name}{}", pool.name, path.display())
}

#[cached(strategy = refresh_ahead(0.8), key = "{config.org}:{id}")]
async fn used_in_the_key_only(config: &Config, id: u64, _: &str) -> u64 {
    id
}

#[cached(strategy = refresh_ahead(0.8), key = "{first}")]
async fn changed_and_taken_apart(mut name: &str, (first, second): (u64, u64)) -> u64 {
    name = name.trim();
    name.len() as u64 + first + second
}

#[cached(strategy = refresh_ahead(0.8), skip(source, load))]
async fn generics<T, U, const N: usize>(
    source: &(impl Display + Clone + Send + Sync + 'static),
    load: impl Fn(&T) -> U + Send + 'static,
    value: &T,
) -> Option<String>
where
    T: CacheKey + Clone + Send + Sync + 'static,
    U: Display,
{
    Some(format!("{source}{}{N}", load(value)))
}

#[cached(strategy = soft_timeout("1s") + fail_safe("1h"))]
async fn errors(name: &str) -> Result<u64, std::num::ParseIntError> {
    let id = name.parse()?;
    if id == 7 {
        return Ok(8);
    }
    Ok(id)
}

#[derive(Clone)]
struct Users {
    tenant: String,
}

impl CacheKey for Users {
    fn write_key(&self, key: &mut cacheflow::KeyBuf) {
        self.tenant.write_key(key);
    }
}

impl Users {
    #[cached(key = "{self.tenant}:{id}", strategy = refresh_ahead(0.8))]
    async fn by_reference(&self, id: u64) -> String {
        struct Inner(u64);
        impl Inner {
            fn get(&self) -> u64 {
                self.0
            }
        }
        let this = self;
        let clone = self.clone().tenant;
        let found = Self::twice(id) + self::one() + Inner(id).get();
        let within = (|| self.length())();
        if matches!(self, Users { tenant } if tenant.is_empty()) {
            return String::new();
        }
        format!(
            "{}{clone}{found}{within}{}{}",
            this.tenant,
            self.tenant,
            self.length()
        )
    }

    #[cached(key = "{self.tenant}", strategy = refresh_ahead(0.8))]
    async fn by_value(mut self) -> String {
        self.tenant.push('!');
        self.tenant
    }

    #[cached(key = "{self.tenant}", strategy = refresh_ahead(0.8))]
    async fn by_arc(self: Arc<Self>) -> String {
        self.tenant.clone()
    }

    #[cached(key = "{self.tenant}", strategy = refresh_ahead(0.8))]
    async fn by_reference_to_an_arc(self: &Arc<Self>) -> String {
        self.tenant.clone()
    }

    fn length(&self) -> usize {
        self.tenant.len()
    }

    fn twice(id: u64) -> u64 {
        id * 2
    }
}

fn one() -> u64 {
    1
}

struct Borrowing<'a>(&'a str);

impl Borrowing<'_> {
    // It is not used in the body: nothing of it is copied.
    #[cached(key = "{self.0}:{id}", strategy = refresh_ahead(0.8))]
    async fn key_only(&self, id: u64) -> u64 {
        id
    }
}

trait Find {
    async fn find(&self, name: &str) -> u64;
}

impl Find for Users {
    #[cached(key = (self, name), strategy = refresh_ahead(0.8))]
    async fn find(&self, name: &str) -> u64 {
        (self.length() + name.len()) as u64
    }
}

fn spawn<F: Future + Send + 'static>(future: F) {
    drop(future);
}

fn main() {
    let users = Users {
        tenant: String::new(),
    };
    drop(users.by_reference(1));
    drop(users.find(""));
    drop(users.clone().by_value());
    let arc = Arc::new(users);
    drop(arc.by_reference_to_an_arc());
    drop(arc.by_arc());
    drop(Borrowing("").key_only(1));
    let pool = Pool {
        name: String::new(),
    };
    drop(borrowed(&pool, "", "", &[], &1));
    drop(owned(Arc::new(pool), String::new(), Path::new(""), ""));
    drop(used_in_the_key_only(&Config { org: 1 }, 1, ""));
    drop(changed_and_taken_apart("", (1, 2)));
    drop(generics::<u64, u64, 3>(&"", |id| *id, &1));
    spawn(async { errors(&String::from("7")).await });
}

//! What a placeholder can be.

#![deny(warnings)]

use cacheflow::cached;

struct User {
    org: u32,
    r#type: u8,
    names: (String, (u8, u8)),
}

impl User {
    fn id(&self) -> u64 {
        u64::from(self.org)
    }

    fn this(&self) -> &Self {
        self
    }
}

#[cached(key = "{id}")]
async fn argument(id: u64) -> u64 {
    id
}

#[cached(key = "{user.org}:{user.id()}:{user.r#type}:{user.names.1.0}:{user.this().names.0}")]
async fn paths(user: &User) -> u64 {
    user.id()
}

#[cached(key = "v1.{id}-x:user@host_1:{name}")]
async fn fixed_text(id: u64, name: &str) -> u64 {
    let _ = name;
    id
}

#[cached(key = "{r#type}:{type}")]
async fn raw_names(r#type: u64) -> u64 {
    r#type
}

#[cached(key = "{id}")]
async fn unused_arguments_need_no_skip(user: &User, id: u64) -> u64 {
    user.id() + id
}

#[cached(key = "{id}", skip(user))]
async fn but_can_have_one(user: &User, id: u64) -> u64 {
    user.id() + id
}

#[cached(key = "all")]
async fn constant() -> u64 {
    1
}

#[cached(key = "all", skip(user, id))]
async fn constant_on_purpose(user: &User, id: u64) -> u64 {
    user.id() + id
}

#[cached(key = "{a}:{b}")]
async fn patterns((a, b): (u64, u64), _: User) -> u64 {
    a + b
}

fn main() {
    let user = || User {
        org: 1,
        r#type: 2,
        names: (String::new(), (3, 4)),
    };
    drop(argument(1));
    drop(paths(&user()));
    drop(fixed_text(1, ""));
    drop(raw_names(1));
    drop(unused_arguments_need_no_skip(&user(), 1));
    drop(but_can_have_one(&user(), 1));
    drop(constant());
    drop(constant_on_purpose(&user(), 1));
    drop(patterns((1, 2), user()));
}

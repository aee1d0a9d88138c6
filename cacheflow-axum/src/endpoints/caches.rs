//! The caches, and what lies in their memory.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use cacheflow::Admin;

use super::blocking;
use crate::answer::{Answer, Problem, json_of};
use crate::input::parameters;
use crate::nearest::nearest;
use crate::routes::Shared;

/// So many entries of a page, unless it is said.
const USUAL: usize = 100;

type Named = Result<Path<String>, PathRejection>;

pub(crate) async fn caches(State(served): State<Shared>, parts: Parts) -> Answer {
    parameters(&parts, &[])?;
    let caches = blocking(move || served.flow.admin().caches()).await?;
    json_of(StatusCode::OK, &caches)
}

pub(crate) async fn cache(State(served): State<Shared>, name: Named, parts: Parts) -> Answer {
    parameters(&parts, &[])?;
    let name = named(name)?;
    let told = blocking(move || {
        let admin = served.flow.admin();
        admin
            .cache(&name)
            .ok_or_else(|| no_such_cache(&admin, &name))
    });
    json_of(StatusCode::OK, &told.await??)
}

pub(crate) async fn entries(State(served): State<Shared>, name: Named, parts: Parts) -> Answer {
    let name = named(name)?;
    let (mut after, mut limit) = (None, USUAL);
    for (parameter, value) in parameters(&parts, &["after", "limit"])? {
        match &*parameter {
            "after" => after = Some(value),
            _ => {
                let refused = || Problem::wrong(format!("limit = {value:?}")).allowed("1 to 1000");
                limit = value.parse().map_err(|_| refused())?;
            }
        }
    }
    let page = blocking(move || {
        let admin = served.flow.admin();
        if admin.cache(&name).is_none() {
            return Err(no_such_cache(&admin, &name));
        }
        let page = admin.entries(&name, after.as_deref(), limit);
        page.map_err(Problem::from)
    });
    json_of(StatusCode::OK, &page.await??)
}

fn named(name: Named) -> Result<String, Problem> {
    match name {
        Ok(Path(name)) => Ok(name),
        Err(error) => Err(Problem::wrong(error.body_text())),
    }
}

fn no_such_cache(admin: &Admin, name: &str) -> Problem {
    let caches = admin.caches();
    let known: Vec<&str> = caches.iter().map(|cache| cache.name.as_str()).collect();
    let shown: String = name.chars().take(128).collect();
    let meant = match nearest(name, &known) {
        Some(known) => format!("; is {known} meant?"),
        None => String::new(),
    };
    let told = format!("this process uses no cache {shown:?}{meant}");
    Problem::new(StatusCode::NOT_FOUND, told).allowed(known)
}

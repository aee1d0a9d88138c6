//! Whole expansions.

use super::{expanded, tokens};
use crate::change::Kind::Evict;
use crate::tokens::flat;

#[test]
fn of_an_async_function() {
    let item = "/// Saves it.
        #[must_use]
        pub(crate) async fn save(mut user: User) -> Result<User, E> { user.save().await?; Ok(user) }";
    let expected = r#"
        /// Saves it.
        #[must_use]
        pub(crate) async fn save(mut user: User) -> Result<User, E> {
            let mut __cacheflow_evict = {
                let __cacheflow_flow: &::cacheflow::CacheFlow =
                    ::cacheflow::private::global_flow();
                ::cacheflow::private::Evict::begin(__cacheflow_flow)
            };
            __cacheflow_evict.sure().entry(find::key(user.id));
            let __cacheflow_returned = ::cacheflow::private::returning::<Result<User, E>, _>(
                async move {
                    #[allow(
                        unreachable_code,
                        clippy::diverging_sub_expression,
                        clippy::let_unit_value,
                        clippy::needless_return,
                    )]
                    if false {
                        let __cacheflow_never: Result<User, E> = loop {};
                        return __cacheflow_never;
                    }
                    { user.save().await?; Ok(user) }
                }
            ).await;
            {
                #[allow(unused_imports)]
                use ::cacheflow::private::{
                    EndedOption as _, EndedPlain as _, EndedResult as _, EndedResultOption as _,
                };
                match (&&&&::cacheflow::private::Ended::of(&__cacheflow_returned)).outcome() {
                    #[allow(unused_variables)]
                    ::cacheflow::private::Outcome::Gave(__cacheflow_result) => {}
                    ::cacheflow::private::Outcome::Nothing => {}
                    ::cacheflow::private::Outcome::Failed => { __cacheflow_evict.keep(); }
                }
            }
            __cacheflow_evict.end().await;
            __cacheflow_returned
        }"#;
    let found = expanded(Evict, "find(user.id)", item);
    assert_eq!(flat(found), flat(tokens(expected)));
}

/// What is around a body that makes its future by itself.
#[track_caller]
fn assert_around(item: &str, begins: &str, body: &str) {
    let found = flat(expanded(Evict, "all", item));
    let signature = flat(item.split_once('{').unwrap().0);
    let begin = format!("{signature}{{{}", flat(begins));
    assert!(found.starts_with(&begin), "{begin}\n{found}");
    assert!(found.contains(&flat(body)), "{found}");
}

#[test]
fn of_functions_that_give_futures() {
    assert_around(
        "fn save<'a>(&'a self) -> Pin<Box<dyn Future<Output = Result<(), E>> + Send + 'a>> { Box::pin(self.run()) }",
        "::std::boxed::Box::pin(async move { let mut __cacheflow_evict",
        "let __cacheflow_returned = ::cacheflow::private::returning::<Result<(), E>, _>(
            ::cacheflow::private::begin(
                move || -> Pin<Box<dyn Future<Output = Result<(), E>> + Send + 'a>> { Box::pin(self.run()) }
            )
        ).await;",
    );
    assert_around(
        "fn save(self) -> impl Future<Output = u8> + Send { self.run() }",
        "async move { let mut __cacheflow_evict",
        "::cacheflow::private::returning::<u8, _>(
            ::cacheflow::private::begin(move || { self.run() })
        ).await;",
    );
    assert_around(
        "async fn save() -> Result<impl Display, E> { Ok(1) }",
        "let mut __cacheflow_evict",
        "::cacheflow::private::returning::<Result<_, E>, _>(async move {",
    );
    assert_around(
        "async fn save() { #![allow(dead_code)] run() }",
        "#![allow(dead_code)] let mut __cacheflow_evict",
        "::cacheflow::private::returning::<(), _>(async move { { run() } }).await;",
    );
}

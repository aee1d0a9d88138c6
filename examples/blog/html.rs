//! What the pages look like: templates, and what is put into their places.

use std::borrow::Cow;

use cacheflow::Template;
use cacheflow::template::MissingFragment;

use crate::rows::{Article, Author, Comment, Page};

/// A comment, by whom and what.
pub(crate) const COMMENT: Template = Template::new("<li>{{author}}: {{text}}</li>");

/// An article with the fragments of its comments.
pub(crate) const ARTICLE: Template = Template::new(
    "<article><h2>{{title}}, by {{author}}</h2><p>{{text}}</p><ul>{{comments}}</ul></article>",
);

/// A page with the fragments of its articles.
pub(crate) const PAGE: Template = Template::new("<h1>{{title}}</h1>{{articles}}");

pub(crate) fn comment(comment: &Comment, author: &Author) -> Result<String, MissingFragment> {
    COMMENT.render([
        ("author", escaped(&author.name)),
        ("text", escaped(&comment.text)),
    ])
}

pub(crate) fn article(
    article: &Article,
    author: &Author,
    comments: &[String],
) -> Result<String, MissingFragment> {
    ARTICLE.render([
        ("title", escaped(&article.title)),
        ("author", escaped(&author.name)),
        ("text", escaped(&article.text)),
        ("comments", comments.concat().into()),
    ])
}

pub(crate) fn page(page: &Page, articles: &[String]) -> Result<String, MissingFragment> {
    PAGE.render([
        ("title", escaped(&page.title)),
        ("articles", articles.concat().into()),
    ])
}

/// Text of others, as it stands in HTML.
fn escaped(text: &str) -> Cow<'_, str> {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_have_written_is_text_and_no_html() {
        let author = Author {
            name: "<i>".to_owned(),
        };
        let written = Comment {
            id: 1,
            article: 1,
            author: 1,
            text: "&lt; {{author}}".to_owned(),
            updated_at: 0,
        };
        let html = comment(&written, &author).unwrap();
        assert_eq!(html, "<li>&lt;i&gt;: &amp;lt; {{author}}</li>");
    }
}

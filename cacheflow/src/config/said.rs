//! What code says of options: a layer over what configuration says of them.

use std::fmt;
use std::sync::Arc;

/// What a builder or an attribute was told, option by option. It can be said again, over
/// another configuration: what nobody said in code then follows that.
pub(crate) struct Said<C>(Vec<Saying<C>>);

type Saying<C> = Arc<dyn Fn(&mut C) + Send + Sync>;

impl<C> Said<C> {
    pub(crate) fn say(&mut self, saying: impl Fn(&mut C) + Send + Sync + 'static) {
        self.0.push(Arc::new(saying));
    }

    pub(crate) fn over(&self, config: &mut C) {
        self.0.iter().for_each(|saying| saying(config));
    }
}

impl<C> Default for Said<C> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<C> Clone for Said<C> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<C> fmt::Debug for Said<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} options", self.0.len())
    }
}

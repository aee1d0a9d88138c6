//! Reading many keys at once.

use std::sync::Arc;

use super::layer::Layer;
use crate::error::{Error, ErrorKind};
use crate::key::Address;
use crate::source::Ticket;
use crate::strategy::levels::{Read, Reading};
use crate::together::together;

/// For so many keys the shared store is asked in one question: each has a budget of
/// its own, which a longer one would not keep.
const IN_ONE: usize = 500;

/// The bytes of so many values that cannot be read are removed at once.
const AT_ONCE: usize = 64;

impl<V: Clone + Send + Sync + 'static> Layer<V> {
    pub(super) async fn read_all(
        &self,
        wanted: &[(&Address, &Arc<Ticket>)],
        how: Reading,
    ) -> Vec<Read<V>> {
        let Some(shared) = self.0.shared.as_ref().filter(|_| !how.skip_shared) else {
            return wanted.iter().map(|_| Read::Miss).collect();
        };
        let mut reads = Vec::with_capacity(wanted.len());
        for some in wanted.chunks(IN_ONE) {
            if !self.may_ask(shared) {
                break;
            }
            let keys: Vec<_> = some.iter().map(|(address, _)| &address.full).collect();
            // Before the question, so that the lifetimes which the answer tells are
            // never counted from too late.
            let asked = self.0.clock.now();
            let answer = shared.get_many(&keys).await;
            self.took(asked, answer.as_ref().err());
            let answer = match answer {
                Ok(answer) if answer.len() == some.len() => answer,
                Ok(_) => {
                    let fault = Error::new(ErrorKind::Backend, "get_many", "not one answer a key");
                    self.store_failed(some[0].0, &fault);
                    break;
                }
                Err(error) => {
                    self.store_failed(some[0].0, &error);
                    break;
                }
            };
            let answers = some.iter().zip(answer);
            let answers = answers.map(|((address, ticket), stored)| {
                self.answered(address, ticket, how, asked, Ok(stored))
            });
            reads.extend(together(answers.collect(), AT_ONCE).await);
        }
        // A store that does not answer costs its caller one budget, not one for each
        // question: what was not asked any more has failed as well.
        reads.resize_with(wanted.len(), || Read::Failed);
        reads
    }
}

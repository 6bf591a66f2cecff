//! Places where a test may stop the world, to prove that nothing is lost there. In a deployed Worker they are empty.

#[cfg(feature = "testing")]
mod armed {
    use std::cell::{Cell, RefCell};

    thread_local! {
        static HANG_AT: RefCell<Option<(String, u32)>> = const { RefCell::new(None) };
        static REFUSED_PUTS: Cell<u32> = const { Cell::new(0) };
        static LOG_REFUSES: Cell<bool> = const { Cell::new(false) };
    }

    /// Makes the place hang, until the process is killed; the first `skip` passages are let through.
    pub fn hang_at(place: Option<String>, skip: u32) {
        HANG_AT.with(|slot| *slot.borrow_mut() = place.map(|place| (place, skip)));
    }

    /// Makes the next writes to KV fail.
    pub fn refuse_puts(count: u32) {
        REFUSED_PUTS.with(|slot| slot.set(count));
    }

    /// Makes the log take nothing, until it is told to again.
    pub fn close_log(is_closed: bool) {
        LOG_REFUSES.with(|slot| slot.set(is_closed));
    }

    /// A place between two steps.
    pub async fn point(place: &'static str) {
        let hangs = HANG_AT.with(|slot| match slot.borrow_mut().as_mut() {
            Some((armed, 0)) => armed == place,
            Some((armed, skip)) => {
                *skip -= u32::from(armed == place);
                false
            }
            None => false,
        });
        if hangs {
            worker::console_log!("{}", serde_json::json!({"t": "fault-point", "place": place}));
            std::future::pending::<()>().await;
        }
    }

    /// Whether the next write to KV is to fail.
    pub fn kv_refuses() -> bool {
        REFUSED_PUTS.with(|slot| slot.replace(slot.get().saturating_sub(1)) > 0)
    }

    /// Whether the log takes nothing.
    pub fn log_refuses() -> bool {
        LOG_REFUSES.with(Cell::get)
    }
}

#[cfg(not(feature = "testing"))]
mod armed {
    #[expect(clippy::unused_async, reason = "the real one waits")]
    pub async fn point(_place: &'static str) {}

    pub const fn kv_refuses() -> bool {
        false
    }

    pub const fn log_refuses() -> bool {
        false
    }
}

pub use armed::*;

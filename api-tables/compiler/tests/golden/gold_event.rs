// plan
//
// status   gold_poll by GOLD_DONE
// wait     gold_wait_all, which then returns 0
// keep     gold_keep, gold_leave
// notify   gold_notify
// queues   complete commands out of order where gold_tagged by GOLD_SIZE has a bit of 0x2

// worker: events

impl crate::state::events::Events for State {
    fn polled(&self) -> Option<(u16, u32)> {
        Some((kind::gold_event, opcode::gold_poll))
    }
    fn status(&self, event: usize) -> Result<i32, i32> {
        crate::engine::query::number::<
            i32,
        >(self.vendor.gold_poll, event as *mut c_void, constant::GOLD_DONE)
    }
    fn wait(&self, event: usize) -> bool {
        let event = event as *mut c_void;
        self.vendor
            .gold_wait_all
            .is_some_and(|wait| unsafe { wait(1, &raw const event) } != 0)
    }
    fn retain(&self, event: usize) {
        if let Some(count) = self.vendor.gold_keep {
            unsafe { count(event as *mut c_void) };
        }
    }
    fn release(&self, event: usize) {
        if let Some(count) = self.vendor.gold_leave {
            unsafe { count(event as *mut c_void) };
        }
    }
    #[allow(unused_variables)]
    fn notify(
        &self,
        event: usize,
        status: i32,
        tell: crate::state::events::Reached,
        word: *mut c_void,
    ) {
        if let Some(notify) = self.vendor.gold_notify {
            unsafe { notify(word, event as *mut c_void, Some(tell), status) };
        }
    }
    #[allow(unused_variables)]
    fn is_ordered(&self, queue: usize) -> bool {
        crate::engine::query::number::<
            u32,
        >(self.vendor.gold_tagged, queue as *mut c_void, constant::GOLD_SIZE)
            .is_ok_and(|answer| answer & 2 == 0)
    }
}

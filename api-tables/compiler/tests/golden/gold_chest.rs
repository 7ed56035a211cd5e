// plan
//
// made     of a gold_box by gold_chest_new: errcode_ret is status, size is size, bytes is memory, flags is flags, of is of
// read     gold_chest_read: chest is object, queue is queue, offset is offset, size is size, bytes is memory, blocking is waits, events is list, count is count, event is event
// written  gold_chest_write: queue is queue, chest is object, blocking is waits, size is size, offset is offset, count is count, events is list, bytes is memory, event is event
// release  gold_close; gold_chest_gone tells when it is destroyed
// size     gold_chest_info by GOLD_CHEST_SIZE
// flags    gold_chest_info by GOLD_CHEST_FLAGS

// worker: memory

static DESCRIPTION: crate::hooks::Description = crate::hooks::Description {
    object: kind::gold_chest,
    of: kind::gold_box,
    queue: kind::gold_box,
    event: kind::gold_event,
    creates: opcode::gold_chest_new,
    reads: opcode::gold_chest_read,
    writes: opcode::gold_chest_write,
    use_host: 1,
    alloc_host: 2,
    copy_host: 4,
    exhausted: -1,
    ok: 0,
};
impl crate::hooks::InPlace for State {
    fn description(&self) -> &'static crate::hooks::Description {
        &DESCRIPTION
    }
    fn suits(&self, of: *mut c_void) -> bool {
        crate::api::gold::suits(self, of)
    }
    fn size(&self, object: *mut c_void) -> u64 {
        crate::engine::query::number::<
            usize,
        >(self.vendor.gold_chest_info, object, constant::GOLD_CHEST_SIZE)
            .map_or(0, |size| size as u64)
    }
    fn flags(&self, object: *mut c_void) -> u64 {
        crate::engine::query::number::<
            u64,
        >(self.vendor.gold_chest_info, object, constant::GOLD_CHEST_FLAGS)
            .unwrap_or_default()
    }
    unsafe fn create(
        &self,
        of: *mut c_void,
        flags: u64,
        memory: *mut c_void,
        len: usize,
    ) -> Result<*mut c_void, i64> {
        let mut status = -1;
        let made = self
            .vendor
            .gold_chest_new
            .map(|create| unsafe { create(&raw mut status, len, memory, flags, of) });
        made.filter(|made| !made.is_null()).ok_or(i64::from(status))
    }
    fn release(&self, object: *mut c_void) {
        if let Some(release) = self.vendor.gold_close {
            unsafe { release(object) };
        }
    }
    fn when_destroyed(
        &self,
        object: *mut c_void,
        tell: crate::hooks::Destroyed,
        word: *mut c_void,
    ) {
        if let Some(set) = self.vendor.gold_chest_gone {
            unsafe { set(object, Some(tell), word) };
        }
    }
    unsafe fn move_byte(
        &self,
        command: &crate::hooks::Command,
        byte: *mut u8,
        writes: bool,
    ) -> Option<i64> {
        let crate::hooks::Command {
            queue,
            object,
            offset,
            wait_count,
            wait_list,
            event,
        } = *command;
        if writes {
            self.vendor
                .gold_chest_write
                .map(|transfer| i64::from(unsafe {
                    transfer(
                        queue,
                        object,
                        1,
                        1,
                        offset,
                        wait_count,
                        wait_list,
                        byte as *const c_void,
                        event,
                    )
                }))
        } else {
            self.vendor
                .gold_chest_read
                .map(|transfer| i64::from(unsafe {
                    transfer(
                        object,
                        queue,
                        offset,
                        1,
                        byte as *mut c_void,
                        1,
                        wait_list,
                        wait_count,
                        event,
                    )
                }))
        }
    }
}

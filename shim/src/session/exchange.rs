//! Frames of a session: calls with a reply, one-way calls, and their notices.

use std::os::fd::BorrowedFd;
use std::time::Duration;

use ava_protocol::frame::{self, Frame, Notice, Tag};
use ava_protocol::upcall::Upcall;
use ava_transport::lane::Wake;
use rkyv::rancor::Failure;
use rkyv::ser::allocator::Arena;
use rkyv::util::AlignedVec;

use super::core::Session;
use crate::base::fault::Fault;
use crate::base::threads::{self, Role};
use crate::book::callbacks::{Args, Registration};
use crate::book::order::{self, After, Before};
use crate::book::pending::Meeting;
use crate::book::regions::{Announcement, Lease};
use crate::port::Use;
use crate::port::lanes::{Brought, Early, ThreadLane};

/// The most one-way calls in a row that a thread sends.
const MOST_POSTED: u64 = 4096;

/// How long the exit of the process waits for callbacks that run.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many threads wait for callbacks that the vendor waits for.
const MOST_IDLE: usize = 4;

/// The content of one frame to the worker.
pub struct Outgoing<'a> {
    pub tag: Tag,
    /// The function's opcode, for a call.
    pub word: u32,
    /// Regions that the worker does not know yet.
    pub regions: Vec<Announcement>,
    pub after: After<'a>,
    /// A descriptor of the keeper's table.
    pub fd: Option<BorrowedFd<'a>>,
    /// Whether the reply may bring a descriptor.
    pub brings: bool,
}

impl Outgoing<'_> {
    /// A frame of a tag and nothing else, after all that any thread has sent.
    pub fn plain(tag: Tag) -> Self {
        Self { tag, word: 0, regions: Vec::new(), after: After::All, fd: None, brings: false }
    }
}

/// Puts a frame's body behind its header.
///
/// Not a parameter of type: what the calls of all functions go through is compiled once, not once a function.
pub type Encode<'a> = &'a mut dyn FnMut(AlignedVec, &mut Arena) -> Result<AlignedVec, Fault>;

/// Reads a reply's frame, once, and what it has brought.
pub type Read<'a> = &'a mut dyn FnMut(&Frame<'_>, Brought) -> Result<(), Fault>;

/// What a lane has received.
enum Received {
    /// The vendor calls the program back in the call.
    Upcall(Vec<u8>),
    /// The reply was read; it says up to which number the vendor has written. What has come before it counts then.
    Reply(Result<(), Fault>, u64, AlignedVec),
}

/// A frame that was sent, and whose reply is to be heard.
pub struct Asked {
    lane: Use,
    /// Which of the lane's replies it is.
    turn: u64,
    before: (Before, u64),
}

impl Session {
    /// Sends a frame and hands the reply's frame to `read`, whose notices have been applied.
    ///
    /// `encode` puts the body behind the header.
    pub fn exchange<R>(
        &'static self,
        outgoing: Outgoing<'_>,
        encode: Encode<'_>,
        read: impl Fn(&Frame<'_>) -> R,
    ) -> Result<R, Fault> {
        let asked = self.ask(outgoing, encode)?;
        let mut result = None;
        self.hear(asked, &mut |frame, _| {
            result = Some(read(frame));
            Ok(())
        })?;
        result.ok_or_else(|| self.lose())
    }

    /// Asks with a frame of this tag for a number.
    pub fn ask_number(&'static self, tag: Tag) -> Result<u64, Fault> {
        let number = |frame: &Frame<'_>| frame.body.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        self.exchange(Outgoing::plain(tag), &mut |out, _| Ok(out), number)
    }

    /// Sends a frame that has a reply, which [`Session::hear`] waits for. The thread may send others before it hears that.
    pub fn ask(&'static self, outgoing: Outgoing<'_>, encode: Encode<'_>) -> Result<Asked, Fault> {
        let lane = self.lane()?;
        let (turn, before) = lane.with(|lane| {
            let (fd, brings) = (outgoing.fd, outgoing.brings);
            let before = self.begin(lane, outgoing, encode)?;
            self.send(lane, fd, Wake::Now)?;
            lane.asked += 1;
            lane.bringing.extend(brings.then_some(lane.asked));
            Ok::<_, Fault>((lane.asked, (before, self.book.order.posted(lane.number))))
        })?;
        Ok(Asked { lane, turn, before })
    }

    /// Waits for the reply and hands its frame to `read`, as [`Session::exchange`] does. Replies are heard in the order in
    /// which they were asked for.
    pub fn hear(&'static self, asked: Asked, read: Read<'_>) -> Result<(), Fault> {
        let Asked { lane, turn, before } = asked;
        let (result, written, answers) = loop {
            match lane.with(|lane| self.receive(lane, turn, &before, read))? {
                // The callback may call: what it asks goes by the same lane.
                Received::Upcall(body) => self.call_now(&body).map_err(|_| self.lose())?,
                Received::Reply(result, written, answers) => break (result, written, answers),
            }
        };
        drop(lane);
        if self.listener.misses(written) && self.listen().is_ok() {
            self.listener.wait_for(written);
        }
        if !answers.is_empty() {
            self.take_answers(&answers)?;
        }
        result
    }

    /// Waits for what comes next to the call of this turn. Replies to calls around it are kept for them.
    fn receive(
        &'static self,
        lane: &mut ThreadLane,
        turn: u64,
        before: &(Before, u64),
        read: Read<'_>,
    ) -> Result<Received, Fault> {
        if let Some(at) = lane.early.iter().position(|early| early.turn == turn) {
            let Early { bytes, brought, .. } = lane.early.swap_remove(at);
            let frame = Frame::parse(&bytes).map_err(|_| self.lose())?;
            return Ok(self.read_reply(before, &frame, brought, read, AlignedVec::new()));
        }
        loop {
            lane.inbox.set_takes(!lane.bringing.is_empty());
            if !lane.lane.recv(&mut lane.inbox).unwrap_or(false) {
                return Err(self.lose());
            }
            let brought = lane.inbox.take_fd();
            let frame = Frame::parse(lane.inbox.bytes()).map_err(|_| self.lose())?;
            let is_reply = matches!(frame.tag, Tag::Reply | Tag::Refused);
            let may_bring = is_reply && take_turn(&mut lane.bringing, lane.answered + 1);
            if !may_bring && !matches!(brought, Ok(None)) {
                return Err(self.refuse("a descriptor that nobody has asked for"));
            }
            // Answers come right before the reply that they go with.
            if !lane.answers.is_empty() && !is_reply {
                return Err(self.refuse("answers without a reply behind them"));
            }
            if frame.tag == Tag::Upcall {
                return Ok(Received::Upcall(frame.body.to_vec()));
            }
            if frame.tag == Tag::Answers {
                if frame.body.is_empty() {
                    return Err(self.refuse("no answers where it says that it does"));
                }
                lane.answers.extend_from_slice(frame.body);
                continue;
            }
            let answers = std::mem::take(&mut lane.answers);
            lane.answered += 1;
            let is_no_news = frame.is_no_news() && answers.is_empty();
            let dropped = if is_no_news { Vec::new() } else { self.apply(frame.notices()) };
            let received = if lane.answered == turn {
                Some(self.read_reply(before, &frame, brought, read, answers))
            } else {
                let mut bytes = AlignedVec::new();
                bytes.extend_from_slice(lane.inbox.bytes());
                lane.early.push(Early { turn: lane.answered, bytes, brought });
                None
            };
            drop_regions(lane, dropped);
            if let Some(received) = received {
                return Ok(received);
            }
        }
    }

    fn read_reply(
        &'static self,
        before: &(Before, u64),
        frame: &Frame<'_>,
        brought: Brought,
        read: Read<'_>,
        answers: AlignedVec,
    ) -> Received {
        self.book.order.answered(&before.0, before.1);
        let result = match frame.tag {
            Tag::Reply => read(frame, brought),
            Tag::Refused => Err(Fault::Status(i64::from(frame.status()))),
            _ => Err(self.lose()),
        };
        Received::Reply(result, frame.notices().map(Notice::said).max().unwrap_or_default(), answers)
    }

    /// Sends a one-way call by the thread's lane, which the caller may have already. The lane is not
    /// under way any more when it is counted, if that is `ending`.
    pub fn post(
        &'static self,
        lane: Option<&Use>,
        outgoing: Outgoing<'_>,
        encode: Encode<'_>,
        wake: Wake,
        ending: Option<&order::Lane>,
    ) -> Result<(), Fault> {
        let own;
        let lane = match lane {
            Some(lane) => lane,
            None => {
                own = self.lane()?;
                &own
            }
        };
        let waiting = lane.with(|lane| {
            let before = self.begin(lane, outgoing, encode)?;
            // Last, since whatever is counted must be sent: others wait for it.
            let (number, waiting) = self.book.order.post(lane.number, ending);
            self.send(lane, None, wake)?;
            self.book.order.sent(&before, number);
            Ok::<_, Fault>(waiting)
        })?;
        if waiting >= MOST_POSTED {
            // For the notices of a reply: what has completed or is gone is not to pile up.
            self.wait_for_transfer(0)?;
        }
        Ok(())
    }

    fn begin(
        &'static self,
        lane: &mut ThreadLane,
        outgoing: Outgoing<'_>,
        encode: Encode<'_>,
    ) -> Result<Before, Fault> {
        let Outgoing { tag, word, regions, after, .. } = outgoing;
        let before = self.book.order.before(after, lane.number, lane.is_fresh);
        let taken = self.book.pending.notices();
        frame::begin(&mut lane.out, tag, word, taken.iter().chain(&before.others).copied());
        frame::set_lane(&mut lane.out, lane.number);
        lane.out = encode(std::mem::take(&mut lane.out), &mut lane.arena)?;
        if !regions.is_empty() {
            self.announce(lane, regions)?;
        }
        Ok(before)
    }

    /// Tells the worker of regions that it does not know yet.
    #[cold]
    fn announce(&'static self, lane: &mut ThreadLane, regions: Vec<Announcement>) -> Result<(), Fault> {
        for region in regions {
            let mut frame = AlignedVec::<16>::new();
            frame::begin(&mut frame, Tag::AddRegion, region.id, std::iter::empty());
            frame::set_lane(&mut frame, lane.number);
            frame.extend_from_slice(&region.len.to_le_bytes());
            let number = region.fd.number().map_err(|_| self.lose())?;
            // SAFETY: it is open, as long as `region` lives, in the table that the lane sends it from.
            let fd = unsafe { BorrowedFd::borrow_raw(number) };
            lane.lane.send(&frame, Some(fd), Wake::Later).map_err(|_| self.lose())?;
        }
        Ok(())
    }

    /// Sends the frame that was begun.
    fn send(&'static self, lane: &mut ThreadLane, fd: Option<BorrowedFd<'_>>, wake: Wake) -> Result<(), Fault> {
        // The worker has not heard of a new lane: nobody else can wake its thread.
        let wake = if lane.is_new { Wake::Now } else { wake };
        lane.lane.send(&lane.out, fd, wake).map_err(|_| self.lose())?;
        (lane.is_new, lane.is_fresh) = (false, false);
        Ok(())
    }

    /// The thread's lane. A worker that is found gone is noticed by everybody then.
    ///
    /// # Errors
    /// As for [`crate::port::Port::lane`].
    #[inline]
    pub fn lane(&'static self) -> Result<Use, Fault> {
        self.port.lane().map_err(|fault| if fault == Fault::Lost { self.lose() } else { fault })
    }

    /// Gives regions back, and tells the worker of those that are unmapped.
    pub fn release(&'static self, leases: Vec<Lease>) {
        let dropped: Vec<_> = leases.into_iter().flat_map(|lease| self.book.regions.release(lease)).collect();
        if !dropped.is_empty()
            && let Ok(lane) = self.port.lane()
        {
            lane.with(|lane| drop_regions(lane, dropped));
        }
    }

    /// Waits until the command of a pending transfer has completed and its data is in place.
    pub fn wait_for_transfer(&'static self, pending: u64) -> Result<(), Fault> {
        let encode: Encode<'_> = &mut |mut out, _| {
            out.extend_from_slice(&pending.to_le_bytes());
            Ok(out)
        };
        self.exchange(Outgoing::plain(Tag::Await), encode, |_| ())
    }

    /// Waits for transfers that are to change these bytes of the program's memory.
    pub fn wait_for_memory(&'static self, address: usize, len: u64) -> Result<(), Fault> {
        loop {
            match self.book.pending.meet(address, len) {
                Meeting::Nothing => return Ok(()),
                Meeting::Within { transfer, .. } | Meeting::Overlap { transfer } => self.wait_for_transfer(transfer)?,
            }
        }
    }

    /// Remembers a callback of the program's, and sees to it that it is heard and called.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn register_callback(&'static self, registration: Registration) -> Result<u64, Fault> {
        self.listen()?;
        self.listener.start_calling(move || self.call_all())?;
        Ok(self.book.callbacks.register(registration))
    }

    /// Calls what the vendor calls, in its order. While the vendor waits for one, another thread goes on: that one may wait for
    /// what comes after it.
    fn call_all(&'static self) {
        let callbacks = &self.book.callbacks;
        while let Some(upcall) = callbacks.next() {
            self.apply(upcall.notices.iter().map(|word| Notice::from_word(*word)));
            if !upcall.awaited {
                self.call_back(&upcall);
                callbacks.pass();
                continue;
            }
            if callbacks.pass() == 0 {
                // Without another thread the next waits for this one.
                let _ = threads::spawn_as(Role::Callbacks, "ava-callbacks", move |_| self.call_all());
            }
            self.call_back(&upcall);
            self.tell_returned(upcall.number);
            if callbacks.idle() >= MOST_IDLE {
                return;
            }
        }
    }

    /// Calls the program in the call that is under way on this thread.
    ///
    /// # Errors
    /// The body is none that a worker sends.
    fn call_now(&self, body: &[u8]) -> Result<(), Failure> {
        let mut aligned = AlignedVec::<16>::new();
        aligned.extend_from_slice(body);
        self.call_back(&rkyv::from_bytes::<Upcall, Failure>(&aligned)?);
        Ok(())
    }

    fn call_back(&self, upcall: &Upcall) {
        let Some(registration) = self.book.callbacks.called(upcall) else { return };
        let args = Args { upcall, registration: &registration, handles: &self.book.handles };
        threads::in_callback_of(self.api.number, || {
            // SAFETY: the function came with this signature from the program's call.
            unsafe { (self.deliver)(registration.signature, registration.function, registration.user_data, &args) };
        });
    }

    /// The function has returned that the vendor waits for. This waits for no other lane: what they have sent may wait in the
    /// vendor for the function.
    fn tell_returned(&'static self, upcall: u64) {
        let Ok(lane) = self.lane() else { return };
        lane.with(|lane| {
            let mut frame = AlignedVec::<16>::new();
            frame::begin(&mut frame, Tag::Returned, 0, std::iter::empty());
            frame::set_lane(&mut frame, lane.number);
            frame.extend_from_slice(&upcall.to_le_bytes());
            if lane.lane.send(&frame, None, Wake::Now).is_err() {
                self.lose();
            }
        });
    }

    /// At exit: waits for what the vendor has written and called.
    pub fn hear_the_rest(&'static self) {
        if threads::is(Role::Receiver) {
            return;
        }
        if let Ok(number) = self.ask_number(Tag::Drain)
            && !threads::is(Role::Callbacks)
        {
            self.book.callbacks.wait_for(number, PATIENCE);
        }
    }
}

/// Whether this turn is among those, of which it is none any more.
fn take_turn(turns: &mut Vec<u64>, turn: u64) -> bool {
    let found = turns.iter().position(|other| *other == turn);
    found.map(|at| turns.swap_remove(at)).is_some()
}

fn drop_regions(lane: &mut ThreadLane, regions: Vec<u32>) {
    for region in regions {
        let mut frame = AlignedVec::<16>::new();
        frame::begin(&mut frame, Tag::DropRegion, region, std::iter::empty());
        frame::set_lane(&mut frame, lane.number);
        let _ = lane.lane.send(&frame, None, Wake::Later);
    }
}

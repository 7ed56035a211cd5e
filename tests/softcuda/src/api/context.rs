//! Contexts: own ones, and which is current in a thread.
#![allow(non_snake_case, reason = "the header's names")]

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::device::check_flags;
use super::entry::entries;
use super::values::{In, Out};
use crate::cuda::{CUcontext, CUdevice, Result, Status};
use crate::device::context::{self, Context};
use crate::device::profile;

entries! { checked;
    fn cuCtxCreate_v2(place: Out<CUcontext>, flags: u32, device: CUdevice) {
        create(place, flags, device)
    }

    /// With parameters that bind it to a part of the device, it is refused.
    fn cuCtxCreate_v3(place: Out<CUcontext>, _affinities: usize, count: i32, flags: u32, device: CUdevice) {
        if count != 0 {
            return Err(Status::UNSUPPORTED_EXEC_AFFINITY);
        }
        create(place, flags, device)
    }

    /// With parameters that bind it to a part of the device or to graphics, it is refused.
    fn cuCtxCreate_v4(place: Out<CUcontext>, parameters: In<[usize; 3]>, flags: u32, device: CUdevice) {
        match parameters.get().unwrap_or_default() {
            [affinities, count, graphics] if affinities == 0 && count as u32 == 0 && graphics == 0 => {
                create(place, flags, device)
            }
            _ => Err(Status::NOT_SUPPORTED),
        }
    }

    fn cuCtxDestroy_v2(handle: CUcontext) {
        let context = own(handle)?;
        if context::current_handle() == handle {
            context::pop()?;
        }
        context.destroy();
        Ok(())
    }

    /// Deprecated: the current context again.
    fn cuCtxAttach(place: Out<CUcontext>, flags: u32) {
        if flags != 0 {
            return Err(Status::INVALID_VALUE);
        }
        place.set(context::current()?.handle)
    }

    fn cuCtxPushCurrent_v2(handle: CUcontext) {
        context::check(handle)?;
        context::push(handle);
        Ok(())
    }

    fn cuCtxPopCurrent_v2(place: Out<CUcontext>) {
        place.set_if(context::pop()?);
        Ok(())
    }

    /// Null takes the current context off.
    fn cuCtxSetCurrent(handle: CUcontext) {
        if handle != 0 {
            context::check(handle)?;
        }
        context::set(handle);
        Ok(())
    }

    fn cuCtxGetCurrent(place: Out<CUcontext>) {
        place.set(context::current_handle())
    }

    fn cuCtxGetDevice(place: Out<CUdevice>) {
        place.set(context::current()?.device.ordinal)
    }

    fn cuCtxGetDevice_v2(place: Out<CUdevice>, handle: CUcontext) {
        place.set(named(handle)?.device.ordinal)
    }

    fn cuCtxGetFlags(flags: Out<u32>) {
        flags.set(context::current()?.flags.load(Ordering::Relaxed))
    }

    fn cuCtxSetFlags(flags: u32) {
        check_flags(flags)?;
        context::current()?.flags.store(flags, Ordering::Relaxed);
        Ok(())
    }

    fn cuCtxGetId(handle: CUcontext, id: Out<u64>) {
        id.set(named(handle)?.id)
    }

    fn cuCtxGetApiVersion(handle: CUcontext, version: Out<u32>) {
        named(handle)?;
        version.set(3020)
    }

    fn cuCtxSynchronize() {
        synchronize(&*context::current()?)
    }

    fn cuCtxSynchronize_v2(handle: CUcontext) {
        synchronize(&*named(handle)?)
    }

    fn cuCtxGetLimit(value: Out<usize>, limit: u32) {
        value.set(context::current()?.limit(limit)?)
    }

    fn cuCtxSetLimit(limit: u32, value: usize) {
        context::usable()?.set_limit(limit, value)
    }

    fn cuCtxGetCacheConfig(config: Out<u32>) {
        config.set(context::current()?.cache.load(Ordering::Relaxed))
    }

    fn cuCtxSetCacheConfig(config: u32) {
        if config > 3 {
            return Err(Status::INVALID_VALUE);
        }
        context::usable()?.cache.store(config, Ordering::Relaxed);
        Ok(())
    }

    /// Deprecated: banks are four bytes wide.
    fn cuCtxGetSharedMemConfig(config: Out<u32>) {
        context::current()?;
        config.set(1)
    }

    /// Deprecated, and without effect.
    fn cuCtxSetSharedMemConfig(config: u32) {
        context::usable()?;
        if config > 2 { Err(Status::INVALID_VALUE) } else { Ok(()) }
    }

    fn cuCtxGetStreamPriorityRange(least: Out<i32>, greatest: Out<i32>) {
        context::current()?;
        least.set_if(profile::PRIORITIES.0);
        greatest.set_if(profile::PRIORITIES.1);
        Ok(())
    }

    /// No cache is modelled.
    fn cuCtxResetPersistingL2Cache() {
        context::usable().map(drop)
    }

    fn cuCtxEnablePeerAccess(peer: CUcontext, flags: u32) {
        let (own, peer) = peers(peer)?;
        if flags != 0 { Err(Status::INVALID_VALUE) } else { own.enable_peer(&peer) }
    }

    fn cuCtxDisablePeerAccess(peer: CUcontext) {
        let (own, peer) = peers(peer)?;
        own.disable_peer(&peer)
    }
}

fn create(place: Out<CUcontext>, flags: u32, device: CUdevice) -> Result {
    place.check()?;
    check_flags(flags)?;
    let context = Context::create(device, flags)?;
    context::push(context.handle);
    place.set(context.handle)
}

/// A context, or the current one for null.
fn named(handle: CUcontext) -> Result<Arc<Context>> {
    if handle == 0 { context::current() } else { context::find(handle) }
}

/// A context that a program made.
fn own(handle: CUcontext) -> Result<Arc<Context>> {
    Some(context::find(handle)?).filter(|context| !context.is_primary).ok_or(Status::INVALID_CONTEXT)
}

/// The current context and another one, of another device.
fn peers(peer: CUcontext) -> Result<(Arc<Context>, Arc<Context>)> {
    let (own, peer) = (context::usable()?, context::find(peer)?);
    let is_other = own.device.ordinal != peer.device.ordinal;
    if is_other { Ok((own, peer)) } else { Err(Status::INVALID_DEVICE) }
}

/// Waits for all that was asked of a context; nothing of it may be captured.
fn synchronize(context: &Context) -> Result {
    context.health.check()?;
    let captures = context.order.captures(false);
    if !captures.is_empty() {
        captures.iter().for_each(|capture| capture.invalidate());
        return Err(Status::STREAM_CAPTURE_UNSUPPORTED);
    }
    context.synchronize()
}

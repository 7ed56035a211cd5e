//! What the worker logs goes to the broker, which has the log: events of `tracing`, as lines.

use std::fmt::{Debug, Write};

use ava_protocol::control::{FromWorker, LogLevel};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use crate::state::broker::Broker;

/// Sends events to the broker.
struct BrokerLayer(&'static Broker);

/// From now on events go to this broker. The first who says so is heard: the subscriber is the process's.
pub fn send_to(broker: &'static Broker) {
    let subscriber = tracing_subscriber::registry().with(BrokerLayer(broker));
    let _ = tracing::subscriber::set_global_default(subscriber);
}

impl<S: Subscriber> Layer<S> for BrokerLayer {
    fn enabled(&self, metadata: &tracing::Metadata<'_>, _: Context<'_, S>) -> bool {
        *metadata.level() <= Level::INFO
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        self.0.tell(&FromWorker::Log { level: level(*event.metadata().level()), text: line(event) });
    }
}

fn level(level: Level) -> LogLevel {
    match level {
        Level::ERROR => LogLevel::Error,
        Level::WARN => LogLevel::Warn,
        Level::INFO => LogLevel::Info,
        Level::DEBUG => LogLevel::Debug,
        Level::TRACE => LogLevel::Trace,
    }
}

/// The message, and behind it fields as `name=value`.
fn line(event: &Event<'_>) -> String {
    struct Line {
        message: String,
        fields: String,
    }
    impl Visit for Line {
        fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
            let written = match field.name() {
                "message" => write!(self.message, "{value:?}"),
                name => write!(self.fields, " {name}={value:?}"),
            };
            // A string takes whatever is written to it.
            debug_assert!(written.is_ok());
        }
    }
    let mut line = Line { message: String::new(), fields: String::new() };
    event.record(&mut line);
    line.message + &line.fields
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use ava_protocol::envelope::open;
    use ava_transport::message;

    use super::*;

    #[test]
    fn events_reach_the_broker_as_lines() {
        let (here, there) = UnixStream::pair().unwrap();
        let broker: &'static Broker = Box::leak(Box::new(Broker::new(here.into())));
        let subscriber = tracing_subscriber::registry().with(BrokerLayer(broker));
        tracing::subscriber::with_default(subscriber, || {
            tracing::debug!("not for the log");
            tracing::warn!(index = 7, "no tensor {:?}", "a");
        });
        let (bytes, _) = message::recv(&there).unwrap().unwrap();
        let wanted = FromWorker::Log { level: LogLevel::Warn, text: "no tensor \"a\" index=7".into() };
        assert_eq!(open::<FromWorker>(&bytes).unwrap(), wanted);
    }
}

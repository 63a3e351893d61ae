//! Who watches operations on stacks while they go on: a terminal, a recording, nobody. None of that
//! can make an operation fail.

use std::fmt::Debug;

use cfnkit_operation::display::subject::Subject;
use cfnkit_operation::event::StackEvent;
use cfnkit_operation::stack::Stack;

/// Begins to watch.
pub trait Watcher: Debug {
    /// An operation has begun. What comes back is told of it until it is dropped.
    fn begin(&self, subject: Subject) -> Box<dyn Watch>;
}

/// One operation being watched.
pub trait Watch: Debug {
    /// The new events of one look at all stacks.
    fn absorb(&mut self, events: Vec<StackEvent>);

    /// The root's status at one look.
    fn set_status(&mut self, status: &str);

    /// Time has passed; ten times a second.
    fn tick(&mut self);

    /// Something that the reader should know, and that stays.
    fn say(&mut self, text: &str);

    /// Where everything that happened can be read, as a reader of the screen finds it.
    fn recording(&self) -> Option<String>;

    /// The stack has settled.
    fn end(&mut self, stack: &Stack);
}

//! The one thread that starts processes which must not outlive us.
//!
//! The kernel's parent-death signal follows the *thread* that started the process, not the
//! process it belongs to: a server started from a worker thread dies when that worker ends.
//! So every such start goes through one thread that never ends.

use std::{
    io,
    os::unix::process::CommandExt as _,
    process::{Child, Command},
    sync::{
        OnceLock,
        mpsc::{self, Sender},
    },
    thread,
};

use rustix::process::{Pid, Signal, getpid, getppid, set_parent_process_death_signal};

struct Order {
    command: Command,
    reply: Sender<io::Result<Child>>,
}

/// Starts a process that the kernel kills as soon as this process is gone, however it ends.
///
/// The process gets a group of its own, so that Ctrl-C in the terminal reaches only us and
/// we choose the order of the shutdown.
///
/// # Errors
///
/// The program cannot be started.
pub(super) fn spawn_bound_to_us(mut command: Command) -> io::Result<Child> {
    command.process_group(0);
    die_with(&mut command, getpid());
    let (reply, answer) = mpsc::channel();
    let gone = || io::Error::other("the thread that starts processes has ended");
    orders()?.send(Order { command, reply }).map_err(|_| gone())?;
    answer.recv().map_err(|_| gone())?
}

fn orders() -> io::Result<&'static Sender<Order>> {
    static ORDERS: OnceLock<Option<Sender<Order>>> = OnceLock::new();
    let start = || {
        let (sender, receiver) = mpsc::channel::<Order>();
        let serve = move || {
            for mut order in receiver {
                // A caller that is gone already leaves the child to its `Drop`-less fate:
                // the parent-death signal still bounds its life.
                let _ = order.reply.send(order.command.spawn());
            }
        };
        thread::Builder::new().name("spawner".into()).spawn(serve).ok().map(|_| sender)
    };
    ORDERS.get_or_init(start).as_ref().ok_or_else(|| io::Error::other("no thread can be started"))
}

#[expect(unsafe_code, reason = "the parent-death signal can only be set between fork and exec")]
fn die_with(command: &mut Command, parent: Pid) {
    let before_exec = move || {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        // The parent may have died between the fork and the line above.
        if getppid() == Some(parent) { Ok(()) } else { Err(io::ErrorKind::BrokenPipe.into()) }
    };
    // SAFETY: the closure runs in the forked child before exec. It only makes two system
    // calls and reads a copied number: no allocation, no lock, no access to shared memory.
    unsafe { command.pre_exec(before_exec) };
}

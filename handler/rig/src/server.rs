//! A listener with a thread per connection, stopped when it is dropped. It knows which
//! connections are open and nothing of what they say.

use std::collections::HashMap;
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

pub(crate) struct Server {
    port: u16,
    connections: Arc<Mutex<Connections>>,
    listening: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Connections {
    is_stopping: bool,
    accepted: usize,
    // Shared and not duplicated: a reset is sent when the last handle closes, and a duplicate
    // held here would keep the socket open.
    open: HashMap<usize, Arc<TcpStream>>,
}

impl Server {
    /// Calls `serve` for each connection in a thread of its own.
    pub(crate) fn start(serve: impl Fn(&TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("cannot listen");
        let port = listener
            .local_addr()
            .expect("listener has no address")
            .port();
        let connections = Arc::new(Mutex::new(Connections::default()));
        let listening = thread::spawn({
            let connections = Arc::clone(&connections);
            move || accept(&listener, &connections, &Arc::new(serve))
        });
        Self {
            port,
            connections,
            listening: Some(listening),
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// How many connections there have been.
    pub(crate) fn accepted(&self) -> usize {
        lock(&self.connections).accepted
    }

    /// Ends every open connection and goes on listening.
    pub(crate) fn close_connections(&self) {
        for stream in lock(&self.connections).open.values() {
            // The client may have been faster.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        lock(&self.connections).is_stopping = true;
        // Wakes the listener, which waits for a connection and for nothing else.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        if let Some(listening) = self.listening.take() {
            let _ = listening.join();
        }
        self.close_connections();
    }
}

fn accept<Serve>(listener: &TcpListener, connections: &Arc<Mutex<Connections>>, serve: &Arc<Serve>)
where
    Serve: Fn(&TcpStream) + Send + Sync + 'static,
{
    for stream in listener.incoming() {
        let Ok(stream) = stream else { continue };
        let mut open = lock(connections);
        if open.is_stopping {
            return;
        }
        // Otherwise the kernel holds small answers back, and times mean nothing.
        stream.set_nodelay(true).expect("cannot set TCP_NODELAY");
        let stream = Arc::new(stream);
        let number = open.accepted;
        open.accepted += 1;
        open.open.insert(number, Arc::clone(&stream));
        drop(open);
        let (connections, serve) = (Arc::clone(connections), Arc::clone(serve));
        thread::spawn(move || {
            serve(&stream);
            drop(stream);
            lock(&connections).open.remove(&number);
        });
    }
}

/// The lock, also after a thread panicked with it: that panic is the failure to look at.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

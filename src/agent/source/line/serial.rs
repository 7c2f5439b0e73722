//! A serial port: opened for one program alone, at the line's speed and format.

use super::Trouble;
use crate::{
    agent::config::{Parity, Serial},
    runtime::task::blocking,
};
use rustix::{fs::OFlags, termios::ioctl_tiocexcl};
use serial2_tokio::{
    CharSize, FlowControl, SerialPort, StopBits,
    rs4xx::{Rs485Config, TransceiverMode},
};
use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    os::unix::fs::OpenOptionsExt,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

#[derive(Debug)]
pub struct Port {
    port: SerialPort,
    /// Closed behind the port.
    _lock: File,
}

pub async fn open(serial: &Serial) -> Result<Port, Trouble> {
    let (serial, runtime) = (serial.clone(), tokio::runtime::Handle::current());
    // a driver can take its time with a port
    blocking(move || {
        let _within = runtime.enter();
        open_now(&serial)
    })
    .await
}

fn open_now(serial: &Serial) -> Result<Port, Trouble> {
    let lock = lock(serial)?;
    let wire = serial.wire;
    let settings = |mut settings: serial2_tokio::Settings| {
        settings.set_raw();
        settings.set_baud_rate(wire.baud)?;
        settings.set_char_size(CharSize::Bits8);
        settings.set_parity(match wire.parity {
            Parity::None => serial2_tokio::Parity::None,
            Parity::Even => serial2_tokio::Parity::Even,
            Parity::Odd => serial2_tokio::Parity::Odd,
        });
        settings.set_stop_bits(if wire.stop_bits == 2 { StopBits::Two } else { StopBits::One });
        settings.set_flow_control(FlowControl::None);
        Ok(settings)
    };
    let port = SerialPort::open(&serial.path, settings)?;
    ioctl_tiocexcl(&lock).map_err(io::Error::from)?;
    if serial.rs485 {
        port.set_rs4xx_mode(TransceiverMode::Rs485(Rs485Config::new())).map_err(|error| {
            let text = format!("the driver does not switch the direction of RS-485 ({error}): write rs485 = false");
            Trouble { text, kind: Some(io::ErrorKind::Unsupported) }
        })?;
    }
    port.discard_buffers()?;
    Ok(Port { port, _lock: lock })
}

/// A second reader would take bytes of our replies: the lock tells those programs that ask, the port's own flag, set
/// later on, turns the others away.
fn lock(serial: &Serial) -> Result<File, Trouble> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    let file = OpenOptions::new().read(true).write(true).custom_flags(flags).open(&serial.path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(Trouble { text: "another program holds the port".into(), kind: Some(io::ErrorKind::ResourceBusy) })
        }
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

impl AsyncRead for Port {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.port).poll_read(cx, buf)
    }
}

impl AsyncWrite for Port {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.port).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.port).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.port).poll_shutdown(cx)
    }
}

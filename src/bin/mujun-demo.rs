//! `mujun-demo`: a simulated county in one command.

fn main() -> std::process::ExitCode {
    mujun::demo::main()
}

//! The `zhiwen` command: parses arguments and hands over.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use zhiwen::cli::{self, Arguments};

/// For what is under way on blocking threads when the command has ended.
const LAST_WORK: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return cli::fail(&error),
    };
    let outcome = runtime.block_on(cli::run(arguments));
    // What still computes has been given up: a training is begun again later.
    runtime.shutdown_timeout(LAST_WORK);
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => cli::fail(error.as_ref()),
    }
}

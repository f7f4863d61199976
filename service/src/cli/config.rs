//! `zhiwen config check`: whether the settings hold. `zhiwen config default`: every key with its meaning.

use std::io::{self, Write};

use crate::settings::{DEFAULT_FILE, Settings};

/// Check and show settings.
#[derive(Debug, clap::Args)]
pub struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, clap::Subcommand)]
enum ConfigCommand {
    /// Check the settings from file, environment and flags
    Check,
    /// Print the default file: every key, commented
    Default,
}

/// Does what `args` say. Settings that do not hold never get here.
///
/// # Errors
/// When the output cannot be written.
pub fn run(settings: &Settings, args: &ConfigArgs, output: &mut dyn Write) -> io::Result<()> {
    match args.command {
        ConfigCommand::Default => write!(output, "{DEFAULT_FILE}"),
        ConfigCommand::Check => {
            writeln!(output, "settings are valid")?;
            writeln!(
                output,
                "  listens on    {}:{}",
                settings.server.host, settings.server.port
            )?;
            writeln!(output, "  data folder   {}", settings.data_folder.display())?;
            writeln!(output, "  store         {}", settings.store_url)?;
            writeln!(
                output,
                "  search        {} threads, {} may wait",
                settings.search_threads, settings.search_queue
            )?;
            writeln!(
                output,
                "  answers from  {} confidence",
                settings.answering.minimum_confidence
            )
        }
    }
}

//! What is wrong with a file that the command line names.

use std::io;
use std::path::Path;

use crate::domain::fault::Locale;
use crate::formats::fault::FileError;

/// The error in `locale`'s language, with the file's name where the system
/// has refused the file.
pub fn file_fault(error: &FileError, path: &Path, locale: Locale) -> String {
    let path = path.display();
    match (error, locale) {
        (FileError::Io(cause), Locale::Chinese) if cause.kind() == io::ErrorKind::NotFound => {
            format!("没有这个文件：{path}")
        }
        (FileError::Io(cause), Locale::English) if cause.kind() == io::ErrorKind::NotFound => {
            format!("there is no file {path}")
        }
        (FileError::Io(_), Locale::Chinese) => format!("{path}：{}", error.message(locale)),
        (FileError::Io(_), Locale::English) => format!("{path}: {}", error.message(locale)),
        _ => error.message(locale),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_the_system_refuses_is_named() {
        let missing = FileError::Io(io::Error::from(io::ErrorKind::NotFound));
        let said = |error: &FileError, locale| file_fault(error, Path::new("a.csv"), locale);
        assert_eq!(said(&missing, Locale::Chinese), "没有这个文件：a.csv");
        assert_eq!(said(&missing, Locale::English), "there is no file a.csv");
        let denied = FileError::Io(io::Error::from(io::ErrorKind::PermissionDenied));
        assert!(said(&denied, Locale::Chinese).starts_with("a.csv：文件读写失败："));
        assert_eq!(said(&FileError::Empty, Locale::Chinese), "文件是空的");
    }
}

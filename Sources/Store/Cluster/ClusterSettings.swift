import Foundation
import Glibc

/// The text of `postgresql.conf`: defaults for a small machine, with the caller's settings over them.
enum ClusterSettings {
    static func configuration(_ settings: [String: String], socketFolder: String) -> String {
        var merged = defaults
        merged["listen_addresses"] = ""
        merged["unix_socket_directories"] = "\"\(socketFolder)\""
        merged["port"] = String(ClusterFolder.port)
        merged.merge(settings) { _, given in given }
        let lines = merged.sorted { $0.key < $1.key }.map { name, value in
            let isName = name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ".") }
            precondition(isName, "a PostgreSQL setting is named by letters, digits, `_` and `.`: \(name)")
            return "\(name) = \(quoted(value))"
        }
        return """
            # Written by Guildhall at every start. Settings of your own go into local.conf beside this file.
            \(lines.joined(separator: "\n"))
            include_if_exists = 'local.conf'

            """
    }

    /// One local connection method only: whoever may enter the socket's folder (mode 0700) is let in.
    static let hostBasedAuthentication = """
        # Written by Guildhall. The socket's folder is closed to all accounts but the server's and root.
        local   all          all   trust
        local   replication  all   trust

        """

    /// Where the cluster's owner may put settings; never written again.
    static let ownSettings = "# Settings of your own, over those in postgresql.conf.\n"

    private static var defaults: [String: String] {
        let memoryMebibytes = Int(ProcessInfo.processInfo.physicalMemory / 1_048_576)
        return [
            "cluster_name": "guildhall",
            "unix_socket_permissions": "0700",
            "max_connections": "64",
            "shared_buffers": "\(min(max(memoryMebibytes / 8, 64), 1_024))MB",
            "effective_cache_size": "\(max(memoryMebibytes / 2, 256))MB",
            "work_mem": "16MB",
            "maintenance_work_mem": "128MB",
            "max_wal_size": "2GB",
            "checkpoint_timeout": "15min",
            "random_page_cost": "1.1",
            "jit": "off",
            "dynamic_shared_memory_type": hasSharedMemoryFolder ? "posix" : "mmap",
            // A crash is recovered from in a blink: one syncfs in place of an fsync of every file.
            "recovery_init_sync_method": "syncfs",
            // Tables here are queues: many updates of few rows.
            "autovacuum_naptime": "15s",
            "autovacuum_vacuum_scale_factor": "0.05",
            "autovacuum_analyze_scale_factor": "0.05",
            "autovacuum_vacuum_insert_scale_factor": "0.1",
            "autovacuum_vacuum_cost_limit": "1000",
            // A week of logs, one file a day.
            "logging_collector": "on",
            "log_directory": "log",
            "log_filename": "postgresql-%a.log",
            "log_rotation_age": "1d",
            "log_rotation_size": "0",
            "log_truncate_on_rotation": "on",
            "log_line_prefix": "%m [%p] %q%a %e ",
            "log_min_duration_statement": "1s",
            "log_lock_waits": "on",
            // Parameters are people's data.
            "log_parameter_max_length": "0",
            "log_parameter_max_length_on_error": "0",
            "log_timezone": "UTC",
            "timezone": "UTC",
        ]
    }

    /// A chroot may have no /dev/shm, and a container often has one of 64 MB, too small for a parallel query.
    private static var hasSharedMemoryFolder: Bool {
        var facts = stat()
        var room = statvfs()
        guard stat("/dev/shm", &facts) == 0, facts.st_mode & S_IWOTH != 0, statvfs("/dev/shm", &room) == 0 else {
            return false
        }
        return UInt64(room.f_blocks) * UInt64(room.f_frsize) >= 256 << 20
    }

    private static func quoted(_ value: String) -> String {
        let escaped = value.replacingOccurrences(of: "\\", with: "\\\\")
            .replacingOccurrences(of: "'", with: "''")
            .replacingOccurrences(of: "\n", with: "\\n")
        return "'\(escaped)'"
    }
}

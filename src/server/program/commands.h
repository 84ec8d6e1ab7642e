// The commands of livedropsd that end by themselves, and the one that does not.
#pragma once

#include <string>

#include "livedrops/status.h"
#include "server/config/config.h"

namespace livedrops::server {

// Exit codes, as those of the program livedrops.
enum ExitCode : int { kDone = 0, kRefused = 1, kCouldNotRun = 2, kUsage = 64 };

// Serves until SIGTERM or SIGINT; SIGHUP reads keys and certificate again.
int Serve(const Config& config);

// What each setting alone does not show: whether the storage is one that this build knows, and
// whether the files that are named hold keys. Makes nothing.
Status CheckConfig(const Config& config);

// Makes the database, or brings an old one up to date.
int Migrate(const Config& config);

struct AdminOptions {
  std::string email;
  std::string name = "admin";
  std::string password_file;  // Its first line.
};
int CreateAdmin(const Config& config, const AdminOptions& options);

struct TokenOptions {
  std::string role = "service";
  std::string subject;  // Empty: the role's name.
  int days = 365;
};
// Prints an access token for a host's backend. Its session can be revoked like any other.
int CreateToken(const Config& config, const TokenOptions& options);

// Copies a SQLite shop into `path`, which must not exist, and verifies the copy: its pages, and its
// log's hash chain. The server may go on selling.
int Backup(const Config& config, const std::string& path);

// Prints the signed head of the audit log: {"seq","hash","at","key","signature"}. See
// base/signed_head.h.
int ExportHead(const Config& config);

// "livedropsd: …" on standard error.
int Fail(const std::string& message, ExitCode code = kCouldNotRun);

}  // namespace livedrops::server

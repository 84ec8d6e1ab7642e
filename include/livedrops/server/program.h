// The program livedropsd: its commands, configuration, signals. A host that wants the whole
// platform under another name calls it from its own main.
#pragma once

namespace livedrops::server {

// Runs the command that the arguments name and returns the exit code: 0 done, 1 refused, 2 could
// not run, 64 usage. Blocks SIGTERM, SIGINT and SIGHUP in the whole process: call it before any
// thread is started.
int RunProgram(int argc, char** argv);

}  // namespace livedrops::server

// Commands that go on until somebody ends them: Ctrl-C and SIGTERM ask, the command's loop hears.
#pragma once

namespace livedrops::cli {

void StopOnSignals();
bool Stopped();

}  // namespace livedrops::cli

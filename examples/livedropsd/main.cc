// livedropsd: the whole platform on one server. Everything is in the library livedrops::server.
#include "livedrops/server/program.h"

int main(int argc, char** argv) { return livedrops::server::RunProgram(argc, argv); }

// What every C++ consumer test builds: opens a shop, which pulls in storage, engine and service.
#include <cstdio>

#include "livedrops/open.h"
#include "livedrops/version.h"

int main() {
  auto shop = livedrops::Open("memory:");
  if (!shop.ok()) return 1;
  std::printf("livedrops %s\n", LIVEDROPS_VERSION);
  return (*shop)->Close().ok() ? 0 : 1;
}

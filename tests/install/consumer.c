/* What every C consumer test builds: header and shared library are of the same version. */
#include <stdio.h>
#include <string.h>

#include "livedrops/c.h"
#include "livedrops/version.h"

int main(void) {
  printf("livedrops %s\n", ld_version());
  return strcmp(ld_version(), LIVEDROPS_VERSION) == 0 ? 0 : 1;
}

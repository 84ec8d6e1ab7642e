/* A disk that hangs, for LD_PRELOAD: while the file exists that HANGING_SYNC names, nothing that is
 * synced is done. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

static void wait_while_it_hangs(void) {
  const char* file = getenv("HANGING_SYNC");
  while (file != NULL && access(file, F_OK) == 0) usleep(1000);
}

static int sync_with(const char* name, int fd) {
  int (*sync)(int) = NULL;
  *(void**)&sync = dlsym(RTLD_NEXT, name);
  wait_while_it_hangs();
  return sync(fd);
}

int fsync(int fd) { return sync_with("fsync", fd); }
int fdatasync(int fd) { return sync_with("fdatasync", fd); }

/* A shop that is opened, used and closed a thousand times leaves nothing behind. */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <unistd.h>

#include "kit.h"

#define CYCLES 1000
/* The first cycles fill what the allocator and SQLite keep for good. */
#define WARM_UP 100
/* 1,000 cycles that each lost 4 KiB would lose this. */
#define GROWTH_KIB_MAX 4096

/* Allocators of sanitizers keep what was freed; they find leaks themselves. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MEMORY_IS_MEASURED 0
#else
#define MEMORY_IS_MEASURED 1
#endif

static int entries(const char* directory) {
  int count = 0;
  DIR* listing = opendir(directory);
  CHECK(listing != NULL);
  while (readdir(listing) != NULL) ++count;
  closedir(listing);
  return count;
}

static long resident_kib(void) {
  long pages = 0;
  FILE* file = fopen("/proc/self/statm", "r");
  CHECK(file != NULL && fscanf(file, "%*s %ld", &pages) == 1);
  fclose(file);
  return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Leaves a page, a hold and a completion that nobody takes to ld_shop_free. */
static void cycle(const char* url, int i) {
  ld_error_t error = LD_ERROR_INIT;
  ld_shop_t* shop = open_shop(url);
  ld_page_t* page = NULL;
  char key[32];
  ld_place_order_t order = order_of("d", "u", key);
  snprintf(key, sizeof key, "cycle-%d", i);
  CHECK_OK(ld_orders_submit(shop, &order, 1, &error));
  CHECK(ld_drops_list(shop, NULL, &page, &error) == LD_OK);
  if (i % 2 == 0) CHECK_OK(ld_shop_close(shop, &error));
  ld_shop_free(shop);
  ld_page_free(page);
}

static void nothing_grows(const char* url) {
  int files = 0;
  int threads = 0;
  long kib = 0;
  int i;
  for (i = 0; i < WARM_UP + CYCLES; ++i) {
    if (i == WARM_UP) {
      files = entries("/proc/self/fd");
      threads = entries("/proc/self/task");
      kib = resident_kib();
    }
    cycle(url, i);
  }
  CHECK(entries("/proc/self/fd") == files);
  CHECK(entries("/proc/self/task") == threads);
  if (MEMORY_IS_MEASURED) CHECK(resident_kib() - kib < GROWTH_KIB_MAX);
}

int main(void) {
  /* In memory: a disk would be told some 5,000 times to write. */
  char directory[] = "/dev/shm/capi_cycles_XXXXXX";
  char url[80];
  ld_shop_t* shop;
  CHECK(mkdtemp(directory) != NULL);
  snprintf(url, sizeof url, "sqlite:%s/shop.db", directory);
  shop = open_shop(url);
  create_product(shop);
  create_drop(shop, "d", INT32_MAX);
  ld_shop_free(shop);
  nothing_grows("memory:");
  nothing_grows(url);
  CHECK(unlink(url + strlen("sqlite:")) == 0);
  CHECK(rmdir(directory) == 0);
  return 0;
}

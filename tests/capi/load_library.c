/* The library is loaded, used and unloaded while the process goes on. This program is linked with
 * it, so it loads a copy: that is another library to the loader. */
#define _GNU_SOURCE /* dladdr */
#include <dlfcn.h>
#include <unistd.h>

#include "kit.h"

#define CYCLES 20

typedef struct {
  void* library;
  ld_status_t (*open)(const char*, const ld_shop_options_t*, ld_shop_t**, ld_error_t*);
  ld_status_t (*create)(ld_shop_t*, const ld_create_product_t*, ld_reply_t*, ld_error_t*);
  void (*free)(ld_shop_t*);
} api_t;

/* C has no conversion from what dlsym gives to a function. */
static void find(void* library, const char* name, void* function) {
  void* const found = dlsym(library, name);
  CHECK(found != NULL);
  memcpy(function, &found, sizeof found);
}

static void copy_file(const char* from, const char* to) {
  char bytes[65536];
  size_t size;
  FILE* in = fopen(from, "rb");
  FILE* out = fopen(to, "wb");
  CHECK(in != NULL && out != NULL);
  while ((size = fread(bytes, 1, sizeof bytes, in)) > 0) {
    CHECK(fwrite(bytes, 1, size, out) == size);
  }
  CHECK(fclose(in) == 0 && fclose(out) == 0);
}

static int is_mapped(const char* path) {
  char line[1024];
  int found = 0;
  FILE* maps = fopen("/proc/self/maps", "r");
  CHECK(maps != NULL);
  while (fgets(line, sizeof line, maps) != NULL) found = found || strstr(line, path) != NULL;
  fclose(maps);
  return found;
}

static void use(const api_t* api) {
  ld_error_t error = LD_ERROR_INIT;
  ld_reply_t reply = LD_REPLY_INIT;
  ld_create_product_t product = LD_CREATE_PRODUCT_INIT;
  ld_shop_t* shop = NULL;
  product.creator = "c";
  product.name = "cup";
  CHECK_OK(api->open("memory:", NULL, &shop, &error));
  CHECK_OK(api->create(shop, &product, &reply, &error));
  CHECK(reply.outcome == LD_OUTCOME_DONE);
  api->free(shop);
}

static void load_use_unload(const char* path) {
  api_t api;
  api.library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  CHECK(api.library != NULL);
  find(api.library, "ld_shop_open", &api.open);
  find(api.library, "ld_products_create", &api.create);
  find(api.library, "ld_shop_free", &api.free);
  use(&api);
  CHECK(is_mapped(path));
  CHECK(dlclose(api.library) == 0);
  CHECK(!is_mapped(path)); /* No thread, exit handler or unique symbol keeps it. */
}

int main(void) {
  char path[] = "/tmp/capi_library_XXXXXX";
  const int file = mkstemp(path);
  const char* (*version)(void) = ld_version;
  void* address;
  Dl_info linked;
  int i;
  CHECK(file >= 0 && close(file) == 0);
  memcpy(&address, &version, sizeof address);
  CHECK(dladdr(address, &linked) != 0);
  copy_file(linked.dli_fname, path);
  for (i = 0; i < CYCLES; ++i) load_use_unload(path);
  CHECK(unlink(path) == 0);
  return 0;
}

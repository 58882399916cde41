/* Makes each fsync and fdatasync take at least SLOW_SYNC_MICROS longer. Loaded with LD_PRELOAD. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

typedef int (*sync_call)(int);

static void be_slow(void) {
  const char *wanted = getenv("SLOW_SYNC_MICROS");
  long micros = wanted ? atol(wanted) : 0;
  struct timespec pause = {micros / 1000000, micros % 1000000 * 1000};
  nanosleep(&pause, NULL);
}

int fsync(int fd) {
  static sync_call real;
  if (!real) real = (sync_call)dlsym(RTLD_NEXT, "fsync");
  be_slow();
  return real(fd);
}

int fdatasync(int fd) {
  static sync_call real;
  if (!real) real = (sync_call)dlsym(RTLD_NEXT, "fdatasync");
  be_slow();
  return real(fd);
}

/*
 * A disk that fails once, on demand. Loaded with LD_PRELOAD in front of a program; counts its calls
 * that write, sync, truncate, rename or remove something under FAULTY_FOLDER, writes each into
 * FAULTY_TRACE, and lets call number FAULTY_AT fail in the way that FAULTY_KIND says:
 *
 *   kill         the process is killed before the call; what was written before stays
 *   torn         half of the bytes are written, then the same
 *   power-cut    nothing that was not synced is on the medium, then the same
 *   reordered    of what was not synced in a file only the newest write is on the medium
 *   error-lost   EIO, and nothing is done; a sync that fails so has lost what was to be synced
 *   error-kept   all is done, and EIO is answered
 *   full         ENOSPC, and nothing is done
 *
 * Names that were made, changed or removed count as kept at once: of folders only the syncs are
 * counted. FAULTY_TAPE receives all that was ever written into files whose path ends with FAULTY_TAPED,
 * each write with its length in front: 4 bytes, in the order of this machine.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* What undoes one write: the bytes that were there, and the size that the file had. */
struct undo {
  struct undo *older;
  off_t offset;
  size_t length; /* of what was written */
  size_t kept;   /* bytes that were there before */
  off_t size;
  unsigned char *bytes;
};

struct file {
  struct file *next;
  dev_t device;
  ino_t inode;
  int fd; /* never closed: that would drop the program's own locks */
  struct undo *newest;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct file *files;
static long calls;

static const char *setting(const char *name) {
  const char *value = getenv(name);
  return value ? value : "";
}

static int is_kind(const char *kind) { return strcmp(setting("FAULTY_KIND"), kind) == 0; }

static void die(void) {
  syscall(SYS_kill, getpid(), SIGKILL);
  for (;;) pause();
}

static int append_to(const char *path) {
  return (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int path_of(int fd, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return 1;
}

static int is_watched(const char *path) {
  const char *folder = setting("FAULTY_FOLDER");
  size_t length = strlen(folder);
  return length > 0 && strncmp(path, folder, length) == 0 &&
         (path[length] == '/' || path[length] == 0);
}

/* Counts a call. Returns whether it is the one that fails. */
static int arrives(const char *call, const char *path, size_t length) {
  calls += 1;
  int hit = calls == atol(setting("FAULTY_AT"));
  char line[PATH_MAX + 96];
  const char *name = path + strlen(setting("FAULTY_FOLDER"));
  int size = snprintf(line, sizeof line, "%ld %s %s %zu%s\n", calls, call, *name ? name + 1 : ".",
                      length, hit ? " fails" : "");
  static int trace = -1;
  if (trace < 0) trace = append_to(setting("FAULTY_TRACE"));
  if (trace >= 0) syscall(SYS_write, trace, line, (size_t)size);
  return hit;
}

static struct file *file_of(int fd) {
  struct stat facts;
  if (fstat(fd, &facts) != 0) return NULL;
  for (struct file *file = files; file; file = file->next) {
    if (file->device == facts.st_dev && file->inode == facts.st_ino) return file;
  }
  struct file *file = calloc(1, sizeof *file);
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  file->device = facts.st_dev;
  file->inode = facts.st_ino;
  file->fd = (int)syscall(SYS_openat, AT_FDCWD, link, O_RDWR | O_CLOEXEC, 0);
  file->next = files;
  files = file;
  return file;
}

/* Before a write or a cut. */
static void remember(int fd, off_t offset, size_t length) {
  struct file *file = file_of(fd);
  struct stat facts;
  if (!file || file->fd < 0 || fstat(file->fd, &facts) != 0) return;
  struct undo *undo = calloc(1, sizeof *undo);
  undo->offset = offset;
  undo->length = length;
  undo->size = facts.st_size;
  undo->bytes = malloc(length + 1);
  ssize_t kept = pread(file->fd, undo->bytes, length, offset);
  undo->kept = kept > 0 ? (size_t)kept : 0;
  undo->older = file->newest;
  file->newest = undo;
}

static void forget(struct file *file) {
  while (file->newest) {
    struct undo *undo = file->newest;
    file->newest = undo->older;
    free(undo->bytes);
    free(undo);
  }
}

static void write_raw(int fd, const void *bytes, size_t length, off_t offset) {
  if (length > 0 && syscall(SYS_pwrite64, fd, bytes, length, offset) != (ssize_t)length) _exit(98);
}

/* As after a power cut: what was not synced has never been; with `but_newest` the newest write has. */
static void lose(struct file *file, int but_newest) {
  struct undo *newest = file->newest;
  if (!newest || file->fd < 0) return;
  unsigned char *bytes = malloc(newest->length + 1);
  ssize_t length = pread(file->fd, bytes, newest->length, newest->offset);
  for (struct undo *undo = newest; undo; undo = undo->older) {
    write_raw(file->fd, undo->bytes, undo->kept, undo->offset);
    if (syscall(SYS_ftruncate, file->fd, undo->size) != 0) _exit(98);
  }
  if (but_newest && length > 0) write_raw(file->fd, bytes, (size_t)length, newest->offset);
  free(bytes);
  forget(file);
}

static void lose_all(int but_newest) {
  for (struct file *file = files; file; file = file->next) lose(file, but_newest);
}

static void end_if_wanted(void) {
  int reordered = is_kind("reordered");
  if (reordered || is_kind("power-cut")) lose_all(reordered);
  if (reordered || is_kind("power-cut") || is_kind("kill") || is_kind("torn")) die();
}

static void put_on_tape(const char *path, const struct iovec *parts, int count) {
  const char *wanted = setting("FAULTY_TAPED");
  size_t length = strlen(path), suffix = strlen(wanted);
  if (suffix == 0 || length < suffix || strcmp(path + length - suffix, wanted) != 0) return;
  static int tape = -1;
  if (tape < 0) tape = append_to(setting("FAULTY_TAPE"));
  unsigned bytes = 0;
  for (int part = 0; part < count; part += 1) bytes += (unsigned)parts[part].iov_len;
  if (tape < 0 || syscall(SYS_write, tape, &bytes, sizeof bytes) < 0) _exit(98);
  syscall(SYS_writev, tape, parts, count);
}

static off_t place_of(int fd, off_t offset) {
  if (offset >= 0) return offset;
  struct stat facts;
  int flags = fcntl(fd, F_GETFL);
  if (flags >= 0 && (flags & O_APPEND) && fstat(fd, &facts) == 0) return facts.st_size;
  off_t here = lseek(fd, 0, SEEK_CUR);
  return here < 0 ? 0 : here;
}

static ssize_t put(int fd, const struct iovec *parts, int count, off_t offset) {
  return offset < 0 ? syscall(SYS_writev, fd, parts, count)
                    : syscall(SYS_pwritev, fd, parts, count, offset, 0);
}

static ssize_t on_write(const char *call, int fd, const struct iovec *parts, int count, off_t offset) {
  char path[PATH_MAX];
  if (!path_of(fd, path) || !is_watched(path)) return put(fd, parts, count, offset);
  size_t length = 0;
  for (int part = 0; part < count; part += 1) length += parts[part].iov_len;
  pthread_mutex_lock(&lock);
  int hit = arrives(call, path, length);
  remember(fd, place_of(fd, offset), length);
  if (hit && is_kind("torn") && count > 0) {
    struct iovec half = {parts[0].iov_base, parts[0].iov_len / 2};
    put_on_tape(path, &half, 1);
    put(fd, &half, 1, offset);
  }
  if (hit) {
    struct file *file = file_of(fd);
    /* The write that is about to happen has not happened. */
    if (file && file->newest && !is_kind("torn") && !is_kind("error-kept")) {
      struct undo *undo = file->newest;
      file->newest = undo->older;
      free(undo->bytes);
      free(undo);
    }
    end_if_wanted();
  }
  ssize_t result = -1;
  int error = is_kind("full") ? ENOSPC : EIO;
  if (!hit || is_kind("error-kept")) {
    put_on_tape(path, parts, count);
    result = put(fd, parts, count, offset);
    if (!hit) error = errno;
  }
  pthread_mutex_unlock(&lock);
  errno = error;
  return hit ? -1 : result;
}

static int on_sync(const char *call, int fd, long number) {
  char path[PATH_MAX];
  if (!path_of(fd, path) || !is_watched(path)) return (int)syscall(number, fd);
  pthread_mutex_lock(&lock);
  int hit = arrives(call, path, 0);
  if (hit) end_if_wanted();
  int result = 0, error = is_kind("full") ? ENOSPC : EIO;
  struct file *file = file_of(fd);
  if (hit && !is_kind("error-kept")) {
    if (file) lose(file, 0);
  } else {
    result = (int)syscall(number, fd);
    if (!hit) error = errno;
    if (result == 0 && file) forget(file);
  }
  pthread_mutex_unlock(&lock);
  errno = error;
  return hit ? -1 : result;
}

static int on_cut(int fd, off_t size) {
  char path[PATH_MAX];
  if (!path_of(fd, path) || !is_watched(path)) return (int)syscall(SYS_ftruncate, fd, size);
  pthread_mutex_lock(&lock);
  int hit = arrives("ftruncate", path, (size_t)size);
  if (hit) end_if_wanted();
  int result = -1, error = is_kind("full") ? ENOSPC : EIO;
  if (!hit || is_kind("error-kept")) {
    struct stat facts;
    if (fstat(fd, &facts) == 0 && facts.st_size > size) {
      remember(fd, size, (size_t)(facts.st_size - size));
    } else {
      remember(fd, size, 0);
    }
    result = (int)syscall(SYS_ftruncate, fd, size);
    if (!hit) error = errno;
  }
  pthread_mutex_unlock(&lock);
  errno = error;
  return hit ? -1 : result;
}

/* Of renames and removals: -2 when the call is none of ours, or to be made all the same. */
static int on_name(const char *call, const char *path, int *hit) {
  char whole[PATH_MAX];
  *hit = 0;
  if (path[0] != '/') {
    char here[PATH_MAX / 2];
    if (!getcwd(here, sizeof here)) return 0;
    snprintf(whole, sizeof whole, "%s/%s", here, path);
  } else {
    snprintf(whole, sizeof whole, "%s", path);
  }
  if (!is_watched(whole)) return 0;
  pthread_mutex_lock(&lock);
  *hit = arrives(call, whole, 0);
  if (*hit) end_if_wanted();
  pthread_mutex_unlock(&lock);
  return *hit && !is_kind("error-kept");
}

static int answered(int hit, int result) {
  if (!hit) return result;
  errno = is_kind("full") ? ENOSPC : EIO;
  return -1;
}

ssize_t write(int fd, const void *bytes, size_t length) {
  struct iovec part = {(void *)bytes, length};
  return on_write("write", fd, &part, 1, -1);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
  struct iovec part = {(void *)bytes, length};
  return on_write("pwrite64", fd, &part, 1, offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
  return pwrite64(fd, bytes, length, offset);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  return on_write("writev", fd, parts, count, -1);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset) {
  return on_write("pwritev", fd, parts, count, offset);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
  return pwritev64(fd, parts, count, offset);
}

int fsync(int fd) { return on_sync("fsync", fd, SYS_fsync); }

int fdatasync(int fd) { return on_sync("fdatasync", fd, SYS_fdatasync); }

int ftruncate64(int fd, off64_t size) { return on_cut(fd, size); }

int ftruncate(int fd, off_t size) { return on_cut(fd, size); }

int rename(const char *from, const char *to) {
  int hit;
  if (on_name("rename", to, &hit)) return answered(1, -1);
  return answered(hit, (int)syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to));
}

int unlink(const char *path) {
  int hit;
  if (on_name("unlink", path, &hit)) return answered(1, -1);
  return answered(hit, (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0));
}

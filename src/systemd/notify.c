// Says something to systemd or to the system log: one datagram to a socket, such as the one that
// NOTIFY_SOCKET names (sd_notify(3)), or /dev/log.
// Node can open stream sockets of the Unix domain and no others; this is all that it lacks.
#define NAPI_VERSION 8
#include <node_api.h>

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

// What rsyslog takes of a message unless it is told otherwise; the rest is left out.
enum { LONGEST_STATE = 8192 };

// The errno of what went wrong, 0 when it was sent. Never waits: a daemon that serves must not stand
// still because systemd is slow.
static int send_state(struct sockaddr_un *to, size_t path, const char *state, size_t length) {
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return errno;
  // A name that begins with "@" stands for one in the abstract namespace (unix(7)).
  if (to->sun_path[0] == '@') to->sun_path[0] = '\0';
  socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path);
  ssize_t sent = sendto(fd, state, length, MSG_NOSIGNAL, (struct sockaddr *)to, size);
  int failed = sent < 0 ? errno : 0;
  close(fd);
  return failed;
}

// notify(path: string, state: string): number
static napi_value notify(napi_env env, napi_callback_info info) {
  napi_value argv[2], result;
  size_t argc = 2, path = 0, length = 0;
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  char state[LONGEST_STATE];
  int failed = EINVAL;
  if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) == napi_ok && argc == 2 &&
      napi_get_value_string_utf8(env, argv[0], to.sun_path, sizeof to.sun_path, &path) == napi_ok &&
      napi_get_value_string_utf8(env, argv[1], state, sizeof state, &length) == napi_ok && path > 0)
    failed = send_state(&to, path, state, length);
  if (napi_create_int32(env, failed, &result) != napi_ok) return NULL;
  return result;
}

NAPI_MODULE_INIT() {
  napi_value function;
  if (napi_create_function(env, "notify", NAPI_AUTO_LENGTH, notify, NULL, &function) != napi_ok ||
      napi_set_named_property(env, exports, "notify", function) != napi_ok)
    return NULL;
  return exports;
}

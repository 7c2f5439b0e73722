/* Writes down, in one total order, all that a process does to the files of one folder. LD_PRELOAD, Linux, glibc.
 *
 *   MUJUN_RECORD_ROOT   the folder, absolute
 *   MUJUN_RECORD_LOG    where to write; <log>.note is a file of which each write becomes a note in the log, and one
 *                       that begins with "kill" ends the process by SIGKILL while nothing else is under way
 *
 * Each call and its line in the log are made under one lock, so that the log's order is the order of the effects.
 * A line: op u8, ino u64, offset u64, three lengths u32 (path, second path, data), then these bytes. Little-endian. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { CREATE = 1, WRITE, TRUNCATE, FSYNC, FDATASYNC, SYNC_RANGE, RENAME, UNLINK, MKDIR, RMDIR, NOTE, EXTEND };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char root[PATH_MAX], note_path[PATH_MAX];
static size_t root_len;
static int log_fd = -1, note_fd = -1;
static dev_t device;
/* inode numbers of the folder that this process has opened */
#define KNOWN (1 << 16)
static uint64_t known[KNOWN];

static void fail(const char *what) {
    dprintf(2, "recorder: %s\n", what);
    syscall(SYS_kill, getpid(), SIGABRT);
    _exit(99);
}

__attribute__((constructor)) static void begin(void) {
    const char *folder = getenv("MUJUN_RECORD_ROOT"), *log = getenv("MUJUN_RECORD_LOG");
    struct stat st;
    if (!folder || !log) return;
    if (!realpath(folder, root) || stat(root, &st)) fail("the folder is not there");
    device = st.st_dev;
    root_len = strlen(root);
    if (snprintf(note_path, sizeof note_path, "%s.note", log) >= (int)sizeof note_path) fail("a long path");
    log_fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (log_fd < 0) fail("the log can not be opened");
}

static void put(int op, uint64_t ino, uint64_t offset, const char *path, const char *path2, const void *data,
                size_t data_len) {
    uint8_t head[29];
    uint32_t lengths[3] = {path ? strlen(path) : 0, path2 ? strlen(path2) : 0, (uint32_t)data_len};
    head[0] = (uint8_t)op;
    memcpy(head + 1, &ino, 8);
    memcpy(head + 9, &offset, 8);
    memcpy(head + 17, lengths, 12);
    struct iovec parts[4] = {{head, 29}, {(void *)path, lengths[0]}, {(void *)path2, lengths[1]}, {(void *)data, data_len}};
    if (syscall(SYS_writev, log_fd, parts, 4) != (long)(29 + lengths[0] + lengths[1] + data_len)) fail("the log is full");
}

/* The path inside of the folder, "" for the folder itself, or NULL where it is outside. */
static const char *inside(int at, const char *path, char *full) {
    if (log_fd < 0 || !path) return NULL;
    if (path[0] == '/') {
        snprintf(full, PATH_MAX, "%s", path);
    } else if (at == AT_FDCWD) {
        char here[PATH_MAX / 2];
        if (!getcwd(here, sizeof here)) return NULL;
        snprintf(full, PATH_MAX, "%s/%s", here, path);
    } else {
        char link[64], folder[PATH_MAX / 2];
        snprintf(link, sizeof link, "/proc/self/fd/%d", at);
        ssize_t n = readlink(link, folder, sizeof folder - 1);
        if (n < 0) return NULL;
        folder[n] = 0;
        snprintf(full, PATH_MAX, "%s/%s", folder, path);
    }
    if (strncmp(full, root, root_len)) return NULL;
    if (full[root_len] == 0) return full + root_len;
    return full[root_len] == '/' ? full + root_len + 1 : NULL;
}

static uint64_t *place(uint64_t ino) {
    for (size_t i = 0; i < KNOWN; i++) {
        uint64_t *at = &known[(ino * 0x9e3779b97f4a7c15u + i) % KNOWN];
        if (*at == ino || *at == 0) return at;
    }
    fail("too many files");
    return NULL;
}

/* The inode behind a descriptor, 0 where it is not one of the folder's. */
static uint64_t of_folder(int fd) {
    struct stat st;
    if (log_fd < 0 || fstat(fd, &st) || st.st_dev != device || *place(st.st_ino) != st.st_ino) return 0;
    return st.st_ino;
}

static int opened(int at, const char *path, int flags, mode_t mode) {
    char full[PATH_MAX];
    const char *name = inside(at, path, full);
    struct stat st;
    if (!name) {
        int fd = (int)syscall(SYS_openat, at, path, flags, mode);
        if (fd >= 0 && log_fd >= 0 && path && !strcmp(path, note_path)) note_fd = fd;
        return fd;
    }
    pthread_mutex_lock(&lock);
    int there = !fstatat(at, path, &st, 0);
    int fd = (int)syscall(SYS_openat, at, path, flags, mode);
    int error = errno;
    if (fd >= 0 && !fstat(fd, &st)) {
        *place(st.st_ino) = st.st_ino;
        if (!there) put(CREATE, st.st_ino, 0, name, NULL, NULL, 0);
        else if (flags & O_TRUNC) put(TRUNCATE, st.st_ino, 0, NULL, NULL, NULL, 0);
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return fd;
}

#define MODE                                                                                                           \
    mode_t mode = 0;                                                                                                   \
    if (flags & (O_CREAT | O_TMPFILE)) {                                                                               \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode = va_arg(rest, mode_t);                                                                                   \
        va_end(rest);                                                                                                  \
    }
int open(const char *path, int flags, ...) { MODE return opened(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE return opened(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE return opened(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE return opened(at, path, flags, mode); }

static ssize_t wrote(int fd, const struct iovec *parts, int count, off_t offset) {
    if (fd == note_fd && log_fd >= 0 && fd >= 0) {
        pthread_mutex_lock(&lock);
        put(NOTE, 0, 0, NULL, NULL, parts[0].iov_base, parts[0].iov_len);
        if (parts[0].iov_len >= 4 && !memcmp(parts[0].iov_base, "kill", 4)) {
            syscall(SYS_kill, getpid(), SIGKILL);
            for (;;) pause();
        }
        pthread_mutex_unlock(&lock);
        return (ssize_t)parts[0].iov_len;
    }
    uint64_t ino = of_folder(fd);
    if (ino) pthread_mutex_lock(&lock);
    ssize_t n = offset < 0 ? syscall(SYS_writev, fd, parts, count) : syscall(SYS_pwritev, fd, parts, count, offset, 0L);
    int error = errno;
    if (ino) {
        off_t at = offset < 0 ? lseek(fd, 0, SEEK_CUR) - n : offset;
        ssize_t left = n;
        for (int i = 0; i < count && left > 0; i++) {
            size_t part = (ssize_t)parts[i].iov_len < left ? parts[i].iov_len : (size_t)left;
            put(WRITE, ino, (uint64_t)at, NULL, NULL, parts[i].iov_base, part);
            at += (off_t)part;
            left -= (ssize_t)part;
        }
        pthread_mutex_unlock(&lock);
    }
    errno = error;
    return n;
}

#define ONE struct iovec one = {(void *)data, size}
ssize_t write(int fd, const void *data, size_t size) { ONE; return wrote(fd, &one, 1, -1); }
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { ONE; return wrote(fd, &one, 1, at); }
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) { ONE; return wrote(fd, &one, 1, at); }
ssize_t writev(int fd, const struct iovec *parts, int count) { return wrote(fd, parts, count, -1); }
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) { return wrote(fd, parts, count, at); }
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at) { return wrote(fd, parts, count, at); }

/* A call on a descriptor: made, and written down where it succeeded. */
#define ON_FD(op, offset, call)                                                                                        \
    uint64_t ino = of_folder(fd);                                                                                      \
    if (!ino) return (int)(call);                                                                                      \
    pthread_mutex_lock(&lock);                                                                                         \
    int done = (int)(call);                                                                                            \
    int error = errno;                                                                                                 \
    if (!done) put(op, ino, (uint64_t)(offset), NULL, NULL, NULL, 0);                                                  \
    pthread_mutex_unlock(&lock);                                                                                       \
    errno = error;                                                                                                     \
    return done
int ftruncate(int fd, off_t size) { ON_FD(TRUNCATE, size, syscall(SYS_ftruncate, fd, size)); }
int ftruncate64(int fd, off64_t size) { ON_FD(TRUNCATE, size, syscall(SYS_ftruncate, fd, size)); }
int fsync(int fd) { ON_FD(FSYNC, 0, syscall(SYS_fsync, fd)); }
int fdatasync(int fd) { ON_FD(FDATASYNC, 0, syscall(SYS_fdatasync, fd)); }
int sync_file_range(int fd, off64_t at, off64_t size, unsigned flags) {
    ON_FD(SYNC_RANGE, at, syscall(SYS_sync_file_range, fd, at, size, flags));
}
int fallocate(int fd, int mode, off_t at, off_t size) {
    if (mode && of_folder(fd)) fail("a fallocate of a kind it does not know");
    ON_FD(EXTEND, at + size, syscall(SYS_fallocate, fd, mode, at, size));
}
int fallocate64(int fd, int mode, off64_t at, off64_t size) { return fallocate(fd, mode, at, size); }
int posix_fallocate(int fd, off_t at, off_t size) { return fallocate(fd, 0, at, size) ? errno : 0; }
int posix_fallocate64(int fd, off64_t at, off64_t size) { return fallocate(fd, 0, at, size) ? errno : 0; }

/* A call on a name. */
#define ON_NAME(op, at, path, call)                                                                                    \
    char full[PATH_MAX];                                                                                               \
    const char *name = inside(at, path, full);                                                                         \
    if (!name) return (int)(call);                                                                                     \
    pthread_mutex_lock(&lock);                                                                                         \
    int done = (int)(call);                                                                                            \
    int error = errno;                                                                                                 \
    struct stat st = {0};                                                                                              \
    if (!done && op == MKDIR && !fstatat(at, path, &st, 0)) *place(st.st_ino) = st.st_ino;                             \
    if (!done) put(op, st.st_ino, 0, name, NULL, NULL, 0);                                                             \
    pthread_mutex_unlock(&lock);                                                                                       \
    errno = error;                                                                                                     \
    return done
int unlink(const char *path) { ON_NAME(UNLINK, AT_FDCWD, path, syscall(SYS_unlinkat, AT_FDCWD, path, 0)); }
int rmdir(const char *path) { ON_NAME(RMDIR, AT_FDCWD, path, syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR)); }
int unlinkat(int at, const char *path, int flags) {
    int op = flags & AT_REMOVEDIR ? RMDIR : UNLINK;
    ON_NAME(op, at, path, syscall(SYS_unlinkat, at, path, flags));
}
int mkdir(const char *path, mode_t mode) { ON_NAME(MKDIR, AT_FDCWD, path, syscall(SYS_mkdirat, AT_FDCWD, path, mode)); }
int mkdirat(int at, const char *path, mode_t mode) { ON_NAME(MKDIR, at, path, syscall(SYS_mkdirat, at, path, mode)); }

static int moved(int at, const char *from, int to_at, const char *to, unsigned flags) {
    char full[PATH_MAX], to_full[PATH_MAX];
    const char *name = inside(at, from, full), *to_name = inside(to_at, to, to_full);
    if (!name && !to_name) return (int)syscall(SYS_renameat2, at, from, to_at, to, flags);
    if (!name || !to_name || flags) fail("a rename across the folder's border, or of a kind it does not know");
    pthread_mutex_lock(&lock);
    int done = (int)syscall(SYS_renameat2, at, from, to_at, to, flags);
    int error = errno;
    if (!done) put(RENAME, 0, 0, name, to_name, NULL, 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}
int rename(const char *from, const char *to) { return moved(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int at, const char *from, int to_at, const char *to) { return moved(at, from, to_at, to, 0); }
int renameat2(int at, const char *from, int to_at, const char *to, unsigned flags) {
    return moved(at, from, to_at, to, flags);
}

/* Keeps in $SYNCED what of the store would outlive a power cut: whenever a file of the store is
   synced, its whole content is copied there; what is written and not synced is not in the copy, and
   what was deleted is back, unless its folder was synced. Preloaded before libc (LD_PRELOAD). */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The store's folder was synced: deleted files are deleted for good. */
static void forget(const char *folder, const char *store) {
    char path[8192];
    struct dirent *file;
    DIR *listing;
    snprintf(path, sizeof path, "%s/hubbub.db", store);
    if (access(path, F_OK) || !(listing = opendir(folder))) return;
    while ((file = readdir(listing))) {
        snprintf(path, sizeof path, "%s/%s", store, file->d_name);
        if (!strncmp(file->d_name, "hubbub.db", 9) && access(path, F_OK)) {
            snprintf(path, sizeof path, "%s/%s", folder, file->d_name);
            unlink(path);
        }
    }
    closedir(listing);
}

static void keep(int fd) {
    const char *folder = getenv("SYNCED");
    char link[64], path[4096], part[8192], whole[8192], block[1 << 16];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (!folder || length < 0) return;
    path[length] = 0;
    const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    struct stat what;
    if (fstat(fd, &what)) return;
    if (S_ISDIR(what.st_mode)) {
        forget(folder, path);
        return;
    }
    if (strncmp(name, "hubbub.db", 9) || !S_ISREG(what.st_mode)) return;
    snprintf(part, sizeof part, "%s/.part", folder);
    snprintf(whole, sizeof whole, "%s/%s", folder, name);
    int out = open(part, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    int in = open(path, O_RDONLY);
    ssize_t got;
    while ((got = read(in, block, sizeof block)) > 0)
        if (write(out, block, got) != got) abort();
    close(in);
    close(out);
    if (rename(part, whole)) abort();
}

int fsync(int fd) {
    int (*real)(int) = dlsym(RTLD_NEXT, "fsync");
    int done = real(fd);
    if (!done) keep(fd);
    return done;
}

int fdatasync(int fd) {
    int (*real)(int) = dlsym(RTLD_NEXT, "fdatasync");
    int done = real(fd);
    if (!done) keep(fd);
    return done;
}

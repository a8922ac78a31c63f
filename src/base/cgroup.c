/*
 * systemd 254 can start a service in a group below its own
 * (`DelegateSubgroup=`). Older ones, Debian 12's among them, start it in the
 * delegated group itself, which is why a program has to move.
 */
#include "base/cgroup.h"

#include "base/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define OWN_NAME "node"

/* Does a list of words with commas hold the word? */
static bool has_word(const char *list, const char *word)
{
    size_t size = strlen(word);

    for (const char *at = list; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (!strncmp(at, word, size) && (at[size] == ',' || !at[size]))
            return true;
    }
    return false;
}

/* This process's group as the tree counts: "/a/b". */
static bool find_own(const char *controller, char *out)
{
    char line[PATH_MAX + 128];
    bool found = false;
    FILE *file = fopen("/proc/self/cgroup", "re");

    while (file && !found && fgets(line, sizeof(line), file)) {
        char *list = strchr(line, ':');
        char *path = list ? strchr(list + 1, ':') : NULL;
        if (!path)
            continue;
        *path++ = 0;
        list++;
        path[strcspn(path, "\n")] = 0;
        found = *controller ? has_word(list, controller) : !*list;
        if (found && strlen(path) < CGROUP_FOLDER_MAX)
            strcpy(out, path);
        else
            found = false;
    }
    if (file)
        fclose(file);
    return found;
}

/* Where the tree is mounted, and which part of it (mountinfo in proc(5)):
 * fields 4 and 5, and after " - " the type and the options. */
static bool find_mount(const char *controller, char *root, char *place)
{
    char line[2 * PATH_MAX + 256];
    bool found = false;
    FILE *file = fopen("/proc/self/mountinfo", "re");

    while (file && !found && fgets(line, sizeof(line), file)) {
        char type[32], options[512];
        char *end = strstr(line, " - ");
        if (!end || sscanf(end, " - %31s %*s %511s", type, options) != 2)
            continue;
        if (strcmp(type, *controller ? "cgroup" : "cgroup2") ||
            (*controller && !has_word(options, controller)))
            continue;
        found = sscanf(line, "%*s %*s %*s %4095s %4095s", root, place) == 2;
    }
    if (file)
        fclose(file);
    return found;
}

bool cgroup_folder(const char *controller, char *out)
{
    char own[PATH_MAX], root[PATH_MAX], place[PATH_MAX];

    CHECK(controller && out);
    if (!find_own(controller, own) || !find_mount(controller, root, place))
        return false;
    /* In a container the mount shows a part of the tree. */
    size_t above = strcmp(root, "/") ? strlen(root) : 0;
    if (strncmp(own, root, above))
        return false;
    const char *rest = strcmp(own + above, "/") ? own + above : "";
    return (size_t)snprintf(out, PATH_MAX, "%s%s", place, rest) <
           CGROUP_FOLDER_MAX;
}

/* The second is older, and only root can read it. */
bool cgroup_is_delegated(const char *folder)
{
    char value[2] = {0};

    return (getxattr(folder, "user.delegate", value, 1) == 1 ||
            getxattr(folder, "trusted.delegate", value, 1) == 1) &&
           *value == '1';
}

bool cgroup_mark_delegated(const char *folder)
{
    return !setxattr(folder, "user.delegate", "1", 1, 0);
}

bool cgroup_write(const char *folder, const char *name, const char *text)
{
    char path[PATH_MAX + 64];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool whole = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    close(fd);
    return whole;
}

/* A process of another PID namespace is listed as 0, which is not this one. */
static bool is_alone(const char *folder)
{
    char path[PATH_MAX + 64];
    long process = 0;
    int count = 0;

    snprintf(path, sizeof(path), "%s/cgroup.procs", folder);
    FILE *file = fopen(path, "re");
    while (file && fscanf(file, "%ld", &process) == 1)
        count++;
    if (file)
        fclose(file);
    return count == 1 && process == getpid();
}

bool cgroup_make_room(void)
{
    char folder[PATH_MAX], own[PATH_MAX + 8];

    if (!cgroup_folder("", folder) || !cgroup_is_delegated(folder) ||
        !is_alone(folder))
        return false;
    snprintf(own, sizeof(own), "%s/" OWN_NAME, folder);
    /* One may be left of an earlier life. */
    if (mkdir(own, 0755) && errno != EEXIST)
        return false;
    /* "0" is the process that writes. */
    return cgroup_write(own, "cgroup.procs", "0");
}

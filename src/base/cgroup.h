/*
 * This process's own control group (cgroups(7)), and room for others below it.
 *
 * Both versions of the interface are known: version 1 has a tree for each
 * controller, version 2 one for all. A container's view of them, which is a
 * part of a tree, is understood.
 *
 * Calls read and write files of the kernel: not for a loop's thread.
 */
#ifndef POND_BASE_CGROUP_H
#define POND_BASE_CGROUP_H

#include <limits.h>
#include <stdbool.h>

/* Bytes of a group's folder, at most: the names of its files fit behind it. */
#define CGROUP_FOLDER_MAX (PATH_MAX - 64)

/* The folder of this process's group in the tree that has the controller ("":
 * the one of version 2), to out, which has PATH_MAX bytes. False: there is no
 * such tree, or it isn't mounted here. */
bool cgroup_folder(const char *controller, char *out);

/* Has systemd given this group of version 2 to its service, to make groups in
 * it (`Delegate=`, attribute user.delegate or trusted.delegate)? */
bool cgroup_is_delegated(const char *folder);

/* Leave that mark, user.delegate, on a group of this user's: for who has
 * learned it otherwise. False: the kernel refused. */
bool cgroup_mark_delegated(const char *folder);

/* Write text to the group's file name. False: it is not there, or the kernel
 * refused. */
bool cgroup_write(const char *folder, const char *name, const char *text);

/*
 * A group of version 2 that holds processes can't have groups with controllers
 * below it. So where this process is alone in a delegated group, it moves to
 * one of its own there, "node", and leaves the delegated group empty.
 *
 * For a program that starts others which get groups: first thing, before it
 * starts any. True: it has moved. False: nothing was to be done, or it can't
 * be.
 */
bool cgroup_make_room(void);

#endif

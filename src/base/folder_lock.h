/*
 * The lock on a folder that one process owns: the folders of validators, nodes,
 * private networks, block stores and snapshots.
 *
 * The lock is one on the file `lock` in the folder, and the kernel drops it
 * when its holder ends, however that ends. The file's presence says nothing;
 * the numbers in the file are the holder's process id and PID namespace, and
 * are for people only.
 *
 * Readers take no lock. The format of what they read has to say whether reading
 * works beside a writer.
 *
 * Thread: any; a lock may be released on another thread than it was taken on.
 */
#ifndef POND_BASE_FOLDER_LOCK_H
#define POND_BASE_FOLDER_LOCK_H

struct folder_lock;

/* Take the lock on a folder that exists, for the whole of the process' life or
 * until it is released. Programs that this process starts do not inherit it.
 * ERR_LOCKED if another process, or another part of this one, holds it: the
 * text names the folder and the holder's process id. That is known at once,
 * except after a holder was killed: then a second may pass, because a child
 * that the holder was just starting keeps the lock until it has become the
 * other program. */
int folder_lock_take(const char *folder, struct folder_lock **out);

/* NULL is allowed. The file stays. */
void folder_lock_release(struct folder_lock *lock);

#endif

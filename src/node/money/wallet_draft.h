/*
 * A wallet that is being made, or brought from elsewhere: its words and keys,
 * in locked memory, until they are written into a node's folder. After a crash
 * that has nothing of it, or all (wallet_change.h).
 *
 * The key files are sealed as sealed_key.h says, and the words beside them
 * (wallet_phrase.h).
 *
 * Thread: any, one at a time. What writes or reads files blocks, and takes
 * about a second of Argon2id.
 */
#ifndef POND_NODE_MONEY_WALLET_DRAFT_H
#define POND_NODE_MONEY_WALLET_DRAFT_H

#include "base/buffer.h"
#include "crypto/key.h"

/* Of a phrase that is made here. */
#define WALLET_DRAFT_WORDS 12

struct wallet_draft;

/* Empty. */
struct wallet_draft *wallet_draft_new(void);
/* Overwrites the secrets. NULL is allowed. */
void wallet_draft_free(struct wallet_draft *draft);

/* New words, and the keys that follow from them by Koii's paths. */
void wallet_draft_make(struct wallet_draft *draft);

/* What a person has: 12 or 24 words, or the text of a key file (keyfile.h),
 * whose staking key is that of Koii's node. ERR_INVALID says what is wrong, and
 * no part of it; the draft is empty then. */
int wallet_draft_take(struct wallet_draft *draft, struct bytes text);

/* "" where there are none: empty, or from a key. */
const char *wallet_draft_words(const struct wallet_draft *draft);
/* Zeros where it is empty. */
const struct pubkey *wallet_draft_main(const struct wallet_draft *draft);
const struct pubkey *wallet_draft_staking(const struct wallet_draft *draft);
const struct pubkey *wallet_draft_staking_kpl(const struct wallet_draft *draft);

/* A file of the folder that is written with the keys, or not at all. */
struct wallet_draft_file {
    const char *name;
    struct bytes contents; /* mode 0600 */
};

/* Write keys and words, sealed; an empty passphrase: plain. ERR_EXISTS: the
 * folder has keys of that account (NULL: the one in use), and keeps them. The
 * folder's lock is the caller's. */
int wallet_draft_save(const struct wallet_draft *draft, const char *folder,
                      const char *account, struct bytes passphrase,
                      const struct wallet_draft_file *files, size_t count);

/* Write the keys of a folder that has them again, under another passphrase: by
 * their words alone, for one who has lost the old one. ERR_DENIED with both
 * addresses: these are not the words of that wallet. */
int wallet_draft_reseal(const struct wallet_draft *draft, const char *folder,
                        const char *account, struct bytes passphrase,
                        const struct wallet_draft_file *files, size_t count);

/* What a folder has. ERR_INVALID for an account's name that is none. */
int wallet_draft_look(const char *folder, const char *account, bool *has_keys,
                      bool *is_sealed);

#endif

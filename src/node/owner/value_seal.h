/*
 * The operator's secret texts at rest: XChaCha20-Poly1305 (libsodium) under a
 * key that lies in a file of its own.
 *
 *   sealed text = version u8 = 1 | nonce 24 | ciphertext | tag 16
 *
 * The key is 32 random bytes in <folder>/variables.key, mode 0600. So a copy of
 * the journal, in a backup or a report, gives nothing away without that file;
 * against somebody who reads the whole folder it protects nothing, because the
 * node has to start without asking.
 *
 * Thread: any.
 */
#ifndef POND_NODE_OWNER_VALUE_SEAL_H
#define POND_NODE_OWNER_VALUE_SEAL_H

#include "base/buffer.h"

#define VALUE_SEAL_KEY_SIZE 32

/* What a sealed text is longer than its text. */
#define VALUE_SEAL_OVERHEAD 41

struct value_seal {
    uint8_t key[VALUE_SEAL_KEY_SIZE];
};

/* Read the key file of a node's folder, which is made where there is none.
 * ERR_CORRUPT for a file of another size, ERR_DENIED where others than its
 * owner may read it. Blocks for the disk. */
int value_seal_open(const char *folder, struct value_seal *out);
void value_seal_wipe(struct value_seal *seal);

/* Append the sealed text. name is bound to it: under another name it does not
 * open. */
void value_seal_close(const struct value_seal *seal, const char *name,
                      struct bytes text, struct buffer *out);

/* Append the text; the caller wipes it. ERR_CORRUPT for bytes that were not
 * sealed with this key under this name, ERR_UNSUPPORTED for a newer version. */
int value_seal_read(const struct value_seal *seal, const char *name,
                    struct bytes sealed, struct buffer *out);

#endif

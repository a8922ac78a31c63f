/*
 * The messages between a node and its signing process (pond-signer), over one
 * stream socket, both ways:
 *
 *     u32le   size of the body, 1 … SIGNER_MESSAGE_MAX
 *     u8      kind (enum signer_message_kind)
 *     rest    by kind, below
 *
 * The node asks, the process answers, in the order of the questions. The first
 * question is SIGNER_ASK_OPEN. A reader of a stream that breaks the form ends
 * the connection.
 *
 * No message has a secret in it. What a task may have is written to the task's
 * connection by the signing process itself: SIGNER_ASK_GIVE has that connection
 * beside it, as a descriptor of SCM_RIGHTS (unix(7)).
 *
 * The parser is pure: bytes go in, messages come out.
 *
 * Thread: any.
 */
#ifndef POND_NODE_MONEY_SIGNER_MESSAGE_H
#define POND_NODE_MONEY_SIGNER_MESSAGE_H

#include "base/buffer.h"
#include "node/money/signer.h"

/* What is signed is a transaction's message (1,232 bytes), a task's payload
 * (2,048), an upload's hash or a statement of the node. With three paths it is
 * an order to open.
 */
#define SIGNER_SIGN_MAX 16384
#define SIGNER_MESSAGE_MAX (SIGNER_SIGN_MAX + 256)

/* Longest path or account name in SIGNER_ASK_OPEN. */
#define SIGNER_TEXT_MAX 4096

enum signer_message_kind {
    SIGNER_ASK_OPEN = 'o',   /* u8 flags, then folder, account and passphrase
                                file: u16le size and bytes each, 0: none */
    SIGNER_ASK_SIGN = 's',   /* u8 role, 32 bytes `of`, u8 purpose, the bytes */
    SIGNER_ASK_PUBLIC = 'p', /* u8 role, 32 bytes `of`: the public key */
    SIGNER_ASK_GIVE = 'g',   /* the same; a connection comes beside it, and the
                                secret goes there (signer_give()) */

    SIGNER_SAY_READY = 'R',  /* u8 flags, 32 bytes main, 32 bytes staking */
    SIGNER_SAY_SIGNED = 'S', /* 64 bytes */
    SIGNER_SAY_PUBLIC = 'P', /* 32 bytes */
    SIGNER_SAY_GIVEN = 'G',  /* nothing */
    SIGNER_SAY_FAILED = 'F', /* u32le negative of an ERR_*, then its text */
};

/* Flags of SIGNER_ASK_OPEN. */
enum {
    SIGNER_MAY_MAKE = 1, /* keys, where there are none */
    SIGNER_MAY_ASK = 2,  /* for a passphrase, on the terminal */
    SIGNER_PLAIN = 4,    /* new keys are not sealed */
    SIGNER_AGAIN = 8,    /* an earlier process has ended: standard input, which
                            that one has read, is no source */
};

/* Flags of SIGNER_SAY_READY. */
enum {
    SIGNER_IS_CONFINED = 1, /* by its filter of system calls */
    SIGNER_IS_LOCKED = 2,   /* its memory, so that no secret is swapped out */
    SIGNER_IS_SEALED = 4,   /* the key files are */
};

/* Fields that the kind does not have are zero. Bytes point into the reader. */
struct signer_message {
    enum signer_message_kind kind;
    uint8_t flags;
    /* Read as texts, so each ends with its size and has no NUL. */
    struct bytes folder, account, passphrase_file;
    struct signer_key key;
    enum signer_purpose purpose;
    struct bytes bytes; /* to be signed; the text of a failure */
    struct pubkey main, staking, pubkey;
    struct signature signature;
    int status;
};

/* Append one message. Sizes must be within the limits (CHECKed); the text of a
 * failure is cut. */
void signer_message_write(struct buffer *out,
                          const struct signer_message *message);

/* Read a body. ERR_INVALID for what has not the form above, bytes behind it
 * included. */
int signer_message_read(struct bytes body, struct signer_message *out);

/* Collects what arrives. Zero-initialise it; signer_reader_free() ends it. */
struct signer_reader {
    struct buffer received;
    size_t taken; /* of the bytes at the front, by the last message */
};

void signer_reader_add(struct signer_reader *reader, struct bytes received);

/* The next whole message, valid until the next call on the reader. *more: there
 * was one. ERR_INVALID or ERR_LIMIT: the stream is broken, and stays so. */
int signer_reader_next(struct signer_reader *reader, struct signer_message *out,
                       bool *more);
void signer_reader_free(struct signer_reader *reader);

#endif

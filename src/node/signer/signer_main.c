/*
 * pond-signer: holds the secret keys of one node, and signs.
 *
 *     descriptor 3: the socket to the node that started it
 *     descriptors 0 and 2: where a user may be asked for a passphrase
 *
 * Its life: give up what would let secrets out, read the order, read the keys,
 * close everything, confine itself, say that it is ready, and answer until the
 * node hangs up. So nothing that a stranger wrote is read before the filter is
 * in place, but key files.
 *
 * What a purpose allows is decided here (node/money/signer_purpose.h): bytes
 * from the node are not trusted to be what it says they are.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "node/money/signer_keys.h"
#include "node/money/signer_message.h"
#include "node/signer/signer_confine.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NODE_FD 3

/* Reading a key leaves traces on the stack below the functions that did it;
 * none of them goes deeper. */
#define STACK_BYTES (64u << 10)

/* In locked memory with guards around it. */
static struct signer_keys *keys;

/* ---- the socket ---- */

/* The node is gone: so are the keys. */
static void end(int code)
{
    if (keys) {
        signer_keys_wipe(keys);
        sodium_free(keys);
    }
    _exit(code);
}

static void say(const struct signer_message *message)
{
    struct buffer bytes = {0};
    size_t sent = 0;

    signer_message_write(&bytes, message);
    while (sent < bytes.size) {
        ssize_t got = write(NODE_FD, bytes.data + sent, bytes.size - sent);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            end(0);
        sent += (size_t)got;
    }
    buffer_free(&bytes);
}

static void say_failed(int status)
{
    say(&(struct signer_message){.kind = SIGNER_SAY_FAILED,
                                 .status = status,
                                 .bytes = bytes_text(err_text())});
}

/* Connections of tasks (SIGNER_ASK_GIVE), in the order of their questions. At
 * most one comes with what is read at once, and then the question itself stands
 * in that (unix(7)); so there are seldom two. */
#define GIVEN_MAX 8
static int given[GIVEN_MAX];
static size_t given_count;

static void take_given(struct msghdr *message)
{
    const struct cmsghdr *first = CMSG_FIRSTHDR(message);

    if (!first || first->cmsg_type != SCM_RIGHTS ||
        first->cmsg_len != CMSG_LEN(sizeof(int)))
        return;
    if (given_count == GIVEN_MAX)
        end(1);
    memcpy(&given[given_count++], CMSG_DATA(first), sizeof(int));
}

/* The caller closes it; -1: none has come. */
static int next_given(void)
{
    int socket = given_count ? given[0] : -1;

    if (given_count)
        memmove(given, given + 1, --given_count * sizeof(*given));
    return socket;
}

/* What there is, and the connection beside it. */
static ssize_t receive(uint8_t *room, size_t size)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec piece = {.iov_base = room, .iov_len = size};
    struct msghdr message = {.msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = control.room,
                             .msg_controllen = sizeof(control.room)};
    ssize_t got = recvmsg(NODE_FD, &message, MSG_CMSG_CLOEXEC);

    if (got > 0)
        take_given(&message);
    return got;
}

/* The next question. A form that is broken is said and ends the process. */
static void hear(struct signer_reader *reader, struct signer_message *out)
{
    static uint8_t room[4096];
    bool more = false;

    for (;;) {
        int status = signer_reader_next(reader, out, &more);
        if (status) {
            say_failed(status);
            end(1);
        }
        if (more)
            return;
        ssize_t got = receive(room, sizeof(room));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            end(0);
        signer_reader_add(reader, bytes_make(room, (size_t)got));
    }
}

/* ---- the keys ---- */

static char *text_of(struct bytes bytes)
{
    return bytes.size
               ? mem_format("%.*s", (int)bytes.size, (const char *)bytes.data)
               : NULL;
}

/* Into memory of its own, which was made for it. */
static int open_keys(const struct signer_message *order, bool *is_sealed)
{
    char *folder = text_of(order->folder);
    char *account = text_of(order->account);
    char *file = text_of(order->passphrase_file);
    const struct wallet_access access = {
        .passphrase = {.file = file,
                       .may_ask = (order->flags & SIGNER_MAY_ASK) != 0},
        .may_make = (order->flags & SIGNER_MAY_MAKE) != 0,
        .is_plain = (order->flags & SIGNER_PLAIN) != 0,
        .offers_seal = !(order->flags & SIGNER_AGAIN),
    };
    struct wallet wallet = {0};
    int status = 0;

    if (!folder)
        status = err_set(ERR_INVALID, "no folder is named");
    if (!status && (order->flags & SIGNER_AGAIN) && file && !strcmp(file, "-"))
        status = err_set(ERR_DENIED, "the passphrase came by standard input, "
                                     "and was not kept");
    if (!status)
        status = wallet_unseal(folder, account, &access, &wallet, is_sealed);
    if (!status)
        signer_keys_init(keys, &wallet);
    wallet_wipe(&wallet);
    free(file);
    free(account);
    free(folder);
    return status;
}

/* What libraries set up when they are first used, json-c's seed from the
 * system's randomness among it, is set up before the filter. Nobody gets the
 * signature. */
static void warm_up(void)
{
    const struct signer_key main = {.role = SIGNER_MAIN};
    struct signature signature;

    CHECK(!signer_keys_sign(keys, &main, SIGNER_PAYLOAD,
                            bytes_text("{\"a\":[1,\"b\",2.5]}"), &signature));
}

static void say_ready(bool is_sealed, bool is_locked, bool is_confined)
{
    struct signer_message ready = {
        .kind = SIGNER_SAY_READY,
        .flags = (uint8_t)((is_confined ? SIGNER_IS_CONFINED : 0) |
                           (is_locked ? SIGNER_IS_LOCKED : 0) |
                           (is_sealed ? SIGNER_IS_SEALED : 0)),
        .main = keys->wallet.main.pubkey,
        .staking = keys->wallet.staking.pubkey,
    };

    say(&ready);
}

/* ---- questions ---- */

/* To the connection that came with the question. */
static int give(const struct signer_key *key)
{
    int socket = next_given();

    if (socket < 0)
        return err_set(ERR_INVALID, "no connection came with the question");
    int status = signer_keys_give(keys, key, socket);
    close(socket);
    return status;
}

static void answer(const struct signer_message *question)
{
    struct signer_message message = {.kind = SIGNER_SAY_SIGNED};
    int status;

    if (question->kind == SIGNER_ASK_PUBLIC) {
        message.kind = SIGNER_SAY_PUBLIC;
        status = signer_keys_public(keys, &question->key, &message.pubkey);
    } else if (question->kind == SIGNER_ASK_GIVE) {
        message.kind = SIGNER_SAY_GIVEN;
        status = give(&question->key);
    } else if (question->kind == SIGNER_ASK_SIGN) {
        status = signer_keys_sign(keys, &question->key, question->purpose,
                                  question->bytes, &message.signature);
    } else {
        status = err_set(ERR_INVALID, "a signer is not asked that");
    }
    if (status)
        say_failed(status);
    else
        say(&message);
}

int main(int argc, char **argv)
{
    struct signer_reader reader = {0};
    struct signer_message message;
    bool is_sealed = false;
    bool is_begun = signer_confine_begin();

    if (argc > 1) {
        fputs("pond-signer is started by `pond node`, and by nobody else\n",
              stderr);
        return 2;
    }
    crypto_init();
    keys = sodium_malloc(sizeof(*keys));
    CHECK(keys);
    memset(keys, 0, sizeof(*keys));
    hear(&reader, &message);
    int status =
        message.kind != SIGNER_ASK_OPEN
            ? err_set(ERR_INVALID, "the first question is to open keys")
            : open_keys(&message, &is_sealed);
    if (status) {
        say_failed(status);
        end(1);
    }
    sodium_stackzero(STACK_BYTES);
    warm_up();
    signer_confine_descriptors(NODE_FD);
    bool is_locked = signer_confine_memory(keys, sizeof(*keys));
    bool is_confined = is_begun && signer_confine_calls(NODE_FD);
    say_ready(is_sealed, is_locked, is_confined);
    for (;;) {
        hear(&reader, &message);
        answer(&message);
    }
}

/*
 * Randomness and verification need no secret of the node, so the worker does
 * them without a message. Only the node signs with its keys: a worker never
 * holds one, so a task that breaks out of the engine finds none. sign() is for
 * keys of the task's own.
 */
#include "base/check.h"
#include "base/error.h"
#include "crypto/key.h"
#include "runtime/worker/worker_bind.h"
#include <sys/random.h>

/* random(Uint8Array): fills it. */
WORKER_BIND(fill_random)
{
    struct bytes room;
    CHECK(count == 1);
    if (!worker_bind_view(context, arguments[0], &room, exception))
        return JSValueMakeUndefined(context);
    /* The array's memory may be written; only the view of it is const. */
    uint8_t *at = (uint8_t *)(uintptr_t)room.data;
    while (room.size) {
        /* A call for up to 256 bytes is never interrupted (getrandom(2)). */
        size_t piece = room.size < 256 ? room.size : 256;
        /* The sandbox allows it, and the kernel's generator is ready by now. */
        CHECK(getrandom(at, piece, 0) == (ssize_t)piece);
        at += piece;
        room.size -= piece;
    }
    return arguments[0];
}

/* verify(signature, message, key) -> true if the ed25519 signature is valid */
WORKER_BIND(verify)
{
    struct bytes parts[3];
    CHECK(count == 3);
    for (size_t i = 0; i < 3; i++)
        if (!worker_bind_view(context, arguments[i], &parts[i], exception))
            return JSValueMakeUndefined(context);
    struct signature signature;
    struct pubkey pubkey;
    /* A signature or key of another size does not verify. It is no
     * exception. */
    if (parts[0].size != sizeof(signature.bytes) ||
        parts[2].size != sizeof(pubkey.bytes))
        return JSValueMakeBoolean(context, false);
    memcpy(signature.bytes, parts[0].data, sizeof(signature.bytes));
    memcpy(pubkey.bytes, parts[2].data, sizeof(pubkey.bytes));
    return JSValueMakeBoolean(context,
                              key_verify(&pubkey, parts[1], &signature));
}

/* sign(secret, message) -> the 64 bytes of an ed25519 signature; secret: 64
 * bytes, the seed and the public key */
WORKER_BIND(sign)
{
    struct bytes parts[2];
    struct keypair keypair;
    struct signature signature;
    CHECK(count == 2);
    for (size_t i = 0; i < 2; i++)
        if (!worker_bind_view(context, arguments[i], &parts[i], exception))
            return JSValueMakeUndefined(context);
    if (parts[0].size != sizeof(keypair.secret))
        return worker_bind_throw(context, exception, err_name(ERR_INVALID),
                                 "a secret key has 64 bytes");
    int status = keypair_from_secret(parts[0].data, &keypair);
    if (status)
        return worker_bind_throw_status(context, exception, status);
    key_sign(&keypair, parts[1], &signature);
    keypair_wipe(&keypair);
    return worker_bind_make_bytes(
        context, bytes_make(signature.bytes, sizeof(signature.bytes)),
        exception);
}

const JSStaticFunction worker_bind_crypto[] = {
    {"random", fill_random, kJSPropertyAttributeReadOnly},
    {"sign", sign, kJSPropertyAttributeReadOnly},
    {"verify", verify, kJSPropertyAttributeReadOnly},
    {0},
};

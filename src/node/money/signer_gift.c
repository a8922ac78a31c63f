#include "node/money/signer_gift.h"

#include "base/error.h"
#include "base/json.h"

#include <stdio.h>
#include <sys/socket.h>

/* A byte takes 11 characters at most ("63":255,), a key of both halves has 96,
 * and the rest is constant. A buffer that does not grow leaves no copy behind.
 */
#define BODY_ROOM 2048
#define ANSWER_ROOM (BODY_ROOM + 512)

/* As JSON.stringify() writes a Uint8Array: {"0":1,"1":2,...}. */
static void write_bytes_object(struct json_writer *writer, const char *name,
                               const uint8_t *bytes, size_t size)
{
    char place[8];

    json_name(writer, name);
    json_open_object(writer);
    for (size_t i = 0; i < size; i++) {
        snprintf(place, sizeof(place), "%zu", i);
        json_field_u64(writer, place, bytes[i]);
    }
    json_close_object(writer);
}

/* A Keypair of web3.js, as Koii's node sends it. */
static void write_body(const struct keypair *keypair, struct buffer *out)
{
    struct json_writer writer = json_writer_make(out);

    json_open_object(&writer);
    json_name(&writer, "response");
    json_open_object(&writer);
    json_name(&writer, "_keypair");
    json_open_object(&writer);
    write_bytes_object(&writer, "publicKey", keypair->pubkey.bytes,
                       sizeof(keypair->pubkey.bytes));
    write_bytes_object(&writer, "secretKey", keypair->secret,
                       sizeof(keypair->secret));
    json_close_object(&writer);
    json_close_object(&writer);
    json_close_object(&writer);
}

/* The connection ends with the answer, because nobody else knows that it has
 * been written. */
int signer_gift_write(const struct keypair *keypair, int socket)
{
    struct buffer body = {0}, answer = {0};
    int status = 0;

    buffer_reserve(&body, BODY_ROOM);
    buffer_reserve(&answer, ANSWER_ROOM);
    write_body(keypair, &body);
    buffer_format(&answer,
                  "HTTP/1.1 200 OK\r\n"
                  "Content-Type: application/json\r\n"
                  "Content-Length: %zu\r\n"
                  "Access-Control-Allow-Origin: *\r\n"
                  "Cache-Control: no-store\r\n"
                  "Connection: close\r\n\r\n",
                  body.size);
    buffer_bytes(&answer, buffer_view(&body));
    if (send(socket, answer.data, answer.size, MSG_DONTWAIT | MSG_NOSIGNAL) !=
        (ssize_t)answer.size)
        status = err_set(ERR_NETWORK, "the task does not take its key");
    buffer_wipe(&answer);
    buffer_wipe(&body);
    return status;
}

#include "base/disk_memory_node.h"

#include <stdlib.h>

struct node *node_keep(struct node *node)
{
    node->references++;
    return node;
}

void node_drop(struct node *node)
{
    if (--node->references)
        return;
    buffer_free(&node->now);
    buffer_free(&node->durable);
    buffer_free(&node->sectors);
    free(node);
}

static void fit_sectors(struct node *node)
{
    size_t size = node->now.size > node->durable.size ? node->now.size
                                                      : node->durable.size;
    size_t count = (size + DISK_SECTOR - 1) / DISK_SECTOR;

    if (node->sectors.size < count)
        buffer_resize(&node->sectors, count);
}

/* The part of a sector that a buffer has. */
static struct bytes sector_of(const struct buffer *buffer, size_t sector)
{
    size_t at = sector * DISK_SECTOR;
    size_t left = buffer->size > at ? buffer->size - at : 0;

    return bytes_make(left ? buffer->data + at : NULL,
                      left < DISK_SECTOR ? left : DISK_SECTOR);
}

/* Copy a sector into a buffer that has it already, as far as both do; where
 * from is shorter, zeros. */
static void copy_sector(struct buffer *to, const struct buffer *from,
                        size_t sector)
{
    struct bytes bytes = sector_of(from, sector);
    struct bytes room = sector_of(to, sector);
    size_t size = bytes.size < room.size ? bytes.size : room.size;

    if (!room.size)
        return;
    memset(to->data + sector * DISK_SECTOR, 0, room.size);
    if (size)
        memcpy(to->data + sector * DISK_SECTOR, bytes.data, size);
}

void node_write_back(struct node *node, size_t sector)
{
    size_t end = (sector + 1) * DISK_SECTOR;

    if (end > node->now.size)
        end = node->now.size;
    if (node->durable.size < end)
        buffer_resize(&node->durable, end);
    copy_sector(&node->durable, &node->now, sector);
    node->sectors.data[sector] &= (uint8_t) ~(DIRTY | LOST);
}

void node_write_back_all(struct node *node)
{
    for (size_t i = 0; i < node->sectors.size; i++)
        if (node->sectors.data[i] & DIRTY)
            node_write_back(node, i);
    buffer_resize(&node->durable, node->now.size);
}

void node_forget_lost(struct node *node)
{
    for (size_t i = 0; i < node->sectors.size; i++)
        if (node->sectors.data[i] & LOST) {
            copy_sector(&node->now, &node->durable, i);
            node->sectors.data[i] &= (uint8_t)~LOST;
        }
}

void node_lose_power(struct node *node, struct random *random)
{
    uint64_t low = node->durable.size, high = node->now.size;

    if (low > high) {
        low = node->now.size;
        high = node->durable.size;
    }
    uint64_t size = low + random_below(random, high - low + 1);
    /* A file grows by what was written: mostly to the old or the new end. */
    if (random_below(random, 2))
        size = random_below(random, 2) ? node->durable.size : node->now.size;
    /* None and all are cases of their own, however many there are. */
    uint64_t of_four = random_below(random, 5);
    for (size_t i = 0; i < node->sectors.size; i++)
        if (node->sectors.data[i] & DIRTY && random_below(random, 4) < of_four)
            node_write_back(node, i);
    buffer_resize(&node->durable, size);
    buffer_clear(&node->now);
    buffer_append(&node->now, node->durable.data, node->durable.size);
    for (size_t i = 0; i < node->sectors.size; i++)
        node->sectors.data[i] &= BAD;
}

void node_write(struct node *node, uint64_t at, struct bytes bytes,
                uint8_t state)
{
    if (node->now.size < at + bytes.size)
        buffer_resize(&node->now, (size_t)(at + bytes.size));
    memcpy(node->now.data + at, bytes.data, bytes.size);
    fit_sectors(node);
    for (size_t i = at / DISK_SECTOR; i * DISK_SECTOR < at + bytes.size; i++)
        node->sectors.data[i] = state;
}

void node_truncate(struct node *node, uint64_t size)
{
    buffer_resize(&node->now, (size_t)size);
    fit_sectors(node);
}

/* What the images share that are linked for their sizes: registers of devices that no emulator has. */
#ifndef REFERENCE_H
#define REFERENCE_H

#include <castkey.h>
#include <stddef.h>
#include <stdint.h>

#define DEVICE(offset) (*(volatile uint32_t *)(0x40010000u + (offset)))

static void write_to(volatile uint32_t *device, const uint8_t *octets, size_t len)
{
    while (len-- > 0) {
        *device = *octets++;
    }
}

static void read_from(volatile uint32_t *device, uint8_t *octets, size_t len)
{
    while (len-- > 0) {
        *octets++ = (uint8_t)*device;
    }
}

#endif

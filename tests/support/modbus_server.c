/* libmodbus as the meters: so many Modbus TCP servers in one process, one thread, each on a free port of the loopback
 * address. Prints the ports, one a line, then an empty line. Register n of all four tables holds (31 n + 7) mod 65536, bit
 * n is the lowest bit of that, and 2,000 of each exist. The first argument is the number of servers.
 *
 *   cc -O2 modbus_server.c $(pkg-config --cflags --libs libmodbus) */

#include <errno.h>
#include <modbus.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REGISTERS = 2000, SERVERS_MAX = 256, SOCKETS_MAX = 1024 };

static int listen_anywhere(void) {
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) || listen(listener, 16) ||
        getsockname(listener, (struct sockaddr *)&address, &length)) {
        perror("listen");
        exit(1);
    }
    printf("%d\n", ntohs(address.sin_port));
    return listener;
}

int main(int argc, char **argv) {
    int servers = argc > 1 ? atoi(argv[1]) : 1;
    if (servers < 1 || servers > SERVERS_MAX) {
        fprintf(stderr, "1 to %d servers\n", SERVERS_MAX);
        return 2;
    }
    modbus_mapping_t *map = modbus_mapping_new(REGISTERS, REGISTERS, REGISTERS, REGISTERS);
    modbus_t *context = modbus_new_tcp("127.0.0.1", 0);
    if (!map || !context) {
        perror("libmodbus");
        return 1;
    }
    for (int i = 0; i < REGISTERS; i++) {
        unsigned value = (31u * (unsigned)i + 7u) & 0xffffu;
        map->tab_registers[i] = map->tab_input_registers[i] = (uint16_t)value;
        map->tab_bits[i] = map->tab_input_bits[i] = value & 1u;
    }
    static struct pollfd sockets[SOCKETS_MAX];
    int count = 0;
    for (; count < servers; count++) {
        sockets[count] = (struct pollfd){.fd = listen_anywhere(), .events = POLLIN};
    }
    printf("\n");
    fflush(stdout);
    for (;;) {
        if (poll(sockets, (nfds_t)count, -1) < 0) {
            continue;
        }
        for (int i = count - 1; i >= 0; i--) {
            if (!sockets[i].revents) {
                continue;
            }
            if (i < servers) {
                int peer = accept(sockets[i].fd, NULL, NULL), yes = 1;
                if (peer >= 0 && count < SOCKETS_MAX) {
                    setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
                    sockets[count++] = (struct pollfd){.fd = peer, .events = POLLIN};
                } else if (peer >= 0) {
                    close(peer);
                }
                continue;
            }
            uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
            modbus_set_socket(context, sockets[i].fd);
            int length = modbus_receive(context, query);
            if (length > 0 && modbus_reply(context, query, length, map) >= 0) {
                continue;
            }
            if (length != 0) {
                close(sockets[i].fd);
                sockets[i] = sockets[--count];
            }
        }
    }
}

"""Servers and callers of the referee's lab, all in one process that enters each network namespace to open a socket there.

Reads a plan (JSON, see `Plan` in lab.ts) from the file named by the first argument, writes to the second one list of
outcomes a question. Python, because Node can neither read a socket's error queue, where the kernel tells who sent an
ICMP error, nor open a ping socket, nor change namespaces.
"""
import collections, ctypes, errno, json, os, resource, select, socket, struct, sys, time

IP_RECVERR, SO_EE_ORIGIN_ICMP = 11, 2
CLONE_NEWNET = 0x40000000
ECHO_REQUEST = struct.pack('!BBHHH', 8, 0, 0, 0, 1)
KINDS = {
    'tcp': (socket.SOCK_STREAM, 0, b'?'),
    'udp': (socket.SOCK_DGRAM, 0, b'?'),
    'icmp': (socket.SOCK_DGRAM, socket.IPPROTO_ICMP, ECHO_REQUEST),
}
# What a caller's system call reports, in the words of `kubehop probe`.
FAILURES = {
    errno.EPERM: 'EPERM from send()',
    errno.EHOSTUNREACH: 'no route to host',
    errno.ENETUNREACH: 'no route to host',
    errno.ECONNRESET: 'connection reset',
    errno.EPIPE: 'connection reset',
    errno.ETIMEDOUT: 'timeout',
}

libc = ctypes.CDLL(None, use_errno=True)
# Between two looks at the sockets: a datagram socket's buffer holds some hundred.
MOST_BEGUN = 50
# Seconds that one look at the sockets may add to the clock: on a busy machine an attempt is late, but not given up.
MOST_PASSED = 0.02

epoll = select.epoll()
handlers = {}  # by file descriptor


class Clock:
    """The time that attempts have had, in seconds."""
    def __init__(self):
        self.now, self.seen = 0.0, time.monotonic()

    def look(self):
        seen = time.monotonic()
        self.now += min(seen - self.seen, MOST_PASSED)
        self.seen = seen


class Namespaces:
    def __init__(self):
        self.files, self.current = {}, None

    def open_socket(self, namespace, kind):
        """Sockets belong to the namespace in which they are opened, for good."""
        if namespace != self.current:
            if namespace not in self.files:
                self.files[namespace] = os.open('/run/netns/' + namespace, os.O_RDONLY)
            if libc.setns(self.files[namespace], CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), 'setns ' + namespace)
            self.current = namespace
        kind_of_socket, protocol, _ = KINDS[kind]
        opened = socket.socket(socket.AF_INET, kind_of_socket, protocol)
        opened.setblocking(False)
        return opened


clock, namespaces = Clock(), Namespaces()


def watch(watched, events, handler):
    handlers[watched.fileno()] = handler
    epoll.register(watched.fileno(), events)


def close(watched):
    del handlers[watched.fileno()]
    epoll.unregister(watched.fileno())
    watched.close()


# Servers: each answers with its name and the address that it sees.

def listen(namespace, protocol, address, port, name):
    server = namespaces.open_socket(namespace, protocol)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((address, port))
    if protocol == 'udp':
        watch(server, select.EPOLLIN, lambda events: answer_datagram(server, name))
    else:
        server.listen(4096)
        watch(server, select.EPOLLIN, lambda events: accept(server, name))


def answer_datagram(server, name):
    """Answers all that wait: more come between two looks at the sockets."""
    while True:
        try:
            _, source = server.recvfrom(100)
            server.sendto(f'{name} <- {source[0]}'.encode(), source)
        except BlockingIOError:
            return
        except OSError:
            pass  # an ICMP error for an answer that nobody waits for any more


def accept(server, name):
    try:
        connection, source = server.accept()
    except OSError:
        return  # the client has given up already
    connection.setblocking(False)
    watch(connection, select.EPOLLIN, lambda events: answer(connection, f'{name} <- {source[0]}'.encode()))


def answer(connection, text):
    """Answers a question, and closes after the client has."""
    try:
        if connection.recv(100) != b'':
            connection.send(text)
            return
    except OSError:
        pass  # reset by the client
    close(connection)


# Callers.

class Attempt:
    pending = 0

    def __init__(self, question):
        Attempt.pending += 1
        self.question, self.is_connecting = question, question.protocol == 'tcp'
        self.deadline = clock.now + plan['timeout']
        self.socket = opened = namespaces.open_socket(question.namespace, question.protocol)
        opened.setsockopt(socket.SOL_IP, IP_RECVERR, 1)
        if plan['ends'] == 'reset':
            # Thousands of sockets in TIME_WAIT would meet new connections that NAT gave the same port.
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        if question.mark:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, question.mark)
        running.append(self)
        watch(opened, select.EPOLLOUT if self.is_connecting else select.EPOLLIN, self.on_event)
        try:
            opened.connect((question.address, question.port))
            if not self.is_connecting:
                self.send()
        except BlockingIOError:
            pass
        except OSError as error:
            self.end(self.failure(error.errno))

    def send(self):
        self.socket.send(KINDS[self.question.protocol][2])

    def on_event(self, events):
        try:
            if self.is_connecting:
                code = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if code != 0:
                    return self.end(self.failure(code))
                self.is_connecting = False
                epoll.modify(self.socket.fileno(), select.EPOLLIN)
                return self.send()
            data = self.socket.recv(200)
        except BlockingIOError:
            return None
        except OSError as error:
            return self.end(self.failure(error.errno))
        if self.question.protocol == 'icmp':
            return self.end(name_of(self.question))
        return self.end(data.decode() if data else 'closed-without-data')

    def failure(self, code):
        if code != errno.ECONNREFUSED:
            return FAILURES.get(code, errno.errorcode.get(code, str(code)))
        sender = self.sender_of_error()
        if self.question.protocol == 'icmp':
            return f'icmp-port-unreachable from {sender}'
        return 'connection refused (' + ('tcp RST)' if sender is None else f'icmp-port-unreachable from {sender})')

    def sender_of_error(self):
        """The machine that sent the ICMP error, out of struct sock_extended_err and the address behind it."""
        try:
            _, control, _, _ = self.socket.recvmsg(1024, 512, socket.MSG_ERRQUEUE)
        except OSError:
            return None
        for level, kind, data in control:
            if (level, kind) == (socket.SOL_IP, IP_RECVERR) and data[4] == SO_EE_ORIGIN_ICMP:
                return socket.inet_ntoa(data[20:24])
        return None

    def end(self, outcome):
        if self.socket is None:
            return
        close(self.socket)
        self.socket = None
        Attempt.pending -= 1
        self.question.ended(outcome)


def name_of(question):
    """Who answered a ping; 127.0.0.1 is everybody's own."""
    if question.address.startswith('127.'):
        return question.namespace
    return plan['names'].get(question.address, question.address)


class Question:
    def __init__(self, line):
        self.namespace, self.mark, self.protocol, self.address, self.port, self.attempts, self.in_turn = line
        self.outcomes, self.begun = [], 0

    def begin(self):
        self.begun += 1
        Attempt(self)

    def ended(self, outcome):
        self.outcomes.append(outcome)
        if self.in_turn and self.begun < self.attempts:
            waiting.appendleft(self)


def run(questions):
    """As many attempts at once as the plan allows; those of a question that asks in turn follow one another."""
    for question in questions:
        waiting.extend([question] * (1 if question.in_turn else question.attempts))
    while waiting or running:
        for _ in range(min(len(waiting), plan['width'] - Attempt.pending, MOST_BEGUN)):
            waiting.popleft().begin()
        for descriptor, events in epoll.poll(MOST_PASSED):
            handler = handlers.get(descriptor)
            if handler is not None:
                handler(events)
        forget_ended()


def forget_ended():
    """The oldest attempts stand in front: all have the same time."""
    clock.look()
    while running and (running[0].socket is None or running[0].deadline < clock.now):
        attempt = running.popleft()
        attempt.end('timeout')


with open(sys.argv[1]) as file:
    plan = json.load(file)
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
running, waiting = collections.deque(), collections.deque()
for server in plan['servers']:
    listen(*server)
questions = [Question(line) for line in plan['questions']]
run(questions)
with open(sys.argv[2], 'w') as file:
    json.dump([question.outcomes for question in questions], file)

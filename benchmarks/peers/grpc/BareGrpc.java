import io.envoyproxy.envoy.service.auth.v3.AuthorizationGrpc;
import io.envoyproxy.envoy.service.auth.v3.CheckRequest;
import io.envoyproxy.envoy.service.auth.v3.CheckResponse;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * A minimal grpc-java server: it parses each request and sends the same response, which was captured from another server. One event
 * loop, with epoll, and the channel settings of a node. Arguments: port, file of the response.
 */
public final class BareGrpc {
    public static void main(String[] arguments) throws Exception {
        CheckResponse answer = CheckResponse.parseFrom(Files.readAllBytes(Path.of(arguments[1])));
        var loop = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])))
                .bossEventLoopGroup(loop)
                .workerEventLoopGroup(loop)
                .channelType(EpollServerSocketChannel.class)
                .directExecutor()
                .addService(new AuthorizationGrpc.AuthorizationImplBase() {
                    @Override
                    public void check(CheckRequest request, StreamObserver<CheckResponse> observer) {
                        observer.onNext(answer);
                        observer.onCompleted();
                    }
                })
                .maxInboundMessageSize(256 * 1024)
                .maxInboundMetadataSize(16 * 1024)
                .maxConcurrentCallsPerConnection(1_000)
                .maxRstFramesPerWindow(10_000, 1)
                .flowControlWindow(1024 * 1024)
                .handshakeTimeout(10, TimeUnit.SECONDS)
                .maxConnectionIdle(5, TimeUnit.MINUTES)
                .maxConnectionAge(1, TimeUnit.HOURS)
                .maxConnectionAgeGrace(10, TimeUnit.SECONDS)
                .keepAliveTime(30, TimeUnit.SECONDS)
                .keepAliveTimeout(10, TimeUnit.SECONDS)
                .permitKeepAliveTime(5, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true)
                .build()
                .start()
                .awaitTermination();
    }
}

hum () 
{ 
    for ((i=0; i<${#1}; i++))
    do
        T send-keys -t m -l "${1:i:1}";
        sleep 0.06;
    done;
    sleep .5
}
